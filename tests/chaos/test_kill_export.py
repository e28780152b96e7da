"""kill -9 of the process that writes a list into a file: run again, it is the same file, once."""

import json
import time
from pathlib import Path

import psycopg
import pytest

from tests.chaos.site import SHORT, Site, end

pytestmark = pytest.mark.chaos

ROWS, KILLS = (10_000, 2) if SHORT else (50_000, 4)
SLUG = "warehouse"


class Exports:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.say("open", SLUG, str(ROWS))

    def say(self, *words: str) -> str:
        return self.site.python("tests.chaos.exported", *words).stdout

    def asked(self) -> str:
        return self.say("ask", SLUG).strip()

    def told(self, export: str) -> dict:
        return json.loads(self.say("tell", SLUG, export))

    def files(self, export: str) -> list[str]:
        kept = Path(self.site.env["LOYALTY_FILES"])
        return [path.name for path in kept.rglob(f"{export}*")]

    def kill_at(self, written: int, export: str, after: int) -> None:
        process = self.site.begin("tests.chaos.exported", "build", SLUG, export, str(after))
        url = self.site.env["DATABASE_OWNER_URL"]
        with psycopg.connect(url, autocommit=True) as connection:
            while process.poll() is None:
                query = "SELECT written FROM accounts_export WHERE id = %s"
                [found] = connection.execute(query, [export]).fetchone() or [0]
                if found >= written:
                    break
                time.sleep(0.005)
        assert process.poll() is None, "it was done before it was killed"
        end(process)


def test_killed_in_the_middle_and_run_again_it_is_the_same_file_once(site: Site):
    exports = Exports(site)
    calm, stormy = exports.asked(), exports.asked()
    exports.say("build", SLUG, calm, "0")

    for strike in range(KILLS):
        exports.kill_at(ROWS * (strike + 1) // (KILLS + 2), stormy, strike * 3)
        assert exports.files(stormy) == []
    exports.say("build", SLUG, stormy, str(KILLS * 3))

    assert exports.told(stormy) == exports.told(calm)
    assert exports.told(calm)["lines"] == ROWS + 1
    assert exports.told(calm)["state"] == "done"
    assert len(exports.files(stormy)) == 1
