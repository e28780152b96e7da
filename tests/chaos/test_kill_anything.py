"""kill -9 of workers, their children, the courier and the scheduler, of Valkey and of all that is
in it, while facts come in by HTTP and a quarter ends: nothing is lost, and nothing done twice."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.chaos.site import SHORT, Crew, Site
from tests.chaos.storm import (
    BURY,
    HURRY,
    Books,
    Facts,
    Moods,
    check,
    check_log,
    crew_of,
    opened,
    wait_for_web,
)
from tests.journeys.site import _free_port
from tests.receiver import receiving
from tests.rewards.imported import HEADER, MAPPING, sale

pytestmark = pytest.mark.chaos

FACTS, SECONDS = (2_000, 20) if SHORT else (20_000, 120)
PATIENCE = 600  # seconds to catch up, on a machine that is busy with other things
SEED = int(os.environ.get("CHAOS_SEED") or time.time())
VICTIMS = ("worker", "worker's child", "courier", "courier's child", "beat")


class Storm:
    """A shop, the processes that serve it, and a receiver in every mood."""

    def __init__(self, site: Site, books: Books, moods: Moods, shop: dict, crew: Crew) -> None:
        self.site, self.books, self.moods, self.shop, self.crew = site, books, moods, shop, crew

    def facts(self) -> Facts:
        facts = Facts(self.crew.port, self.shop, count=FACTS, seconds=SECONDS, seed=SEED)
        facts.start()
        return facts

    def seconds_until(self, holds: Callable[[], bool]) -> float:
        began = time.monotonic()
        while not holds():
            assert time.monotonic() < began + PATIENCE, (self.site.folder / "site.log").read_text()
            self.crew.mend()
            self.books.connection.execute(HURRY)
            time.sleep(0.25)
        return time.monotonic() - began


@contextmanager
def storming(site: Site, slug: str, **env: str) -> Iterator[Storm]:
    moods = Moods(SEED)
    print(f"CHAOS_SEED={SEED}")
    site.broker.flushall()
    database = psycopg.connect(site.env["DATABASE_OWNER_URL"], autocommit=True)
    with receiving(moods) as moods.receiver, database:
        shop = opened(site, slug, moods.receiver.url)
        crew = crew_of(site, _free_port(), **env)
        try:
            wait_for_web(crew.port, site.folder / "site.log")
            yield Storm(site, Books(database, slug), moods, shop, crew)
        finally:
            crew.stop()


def _kill_one(storm: Storm, name: str, chance: random.Random) -> None:
    who = name.removesuffix("'s child")
    if who == name:
        storm.crew.kill(who)
    elif children := storm.crew.children_of(who):
        os.kill(chance.choice(children), signal.SIGKILL)
    if who == "courier":
        storm.books.connection.execute(BURY)


def test_whoever_is_killed_nothing_is_lost_and_nothing_done_twice(site: Site, record_property):
    chance, kills = random.Random(SEED), Counter()
    with storming(site, "storm", CLOCK="stopped") as storm:
        facts = storm.facts()
        while facts.is_alive():
            time.sleep(chance.uniform(1, 4))
            victim = chance.choice(VICTIMS)
            if facts.share > 0.3 and storm.crew.env:
                storm.crew.env, victim = {}, "beat"  # and the quarter ends
            _kill_one(storm, victim, chance)
            kills[victim] += 1
            storm.crew.mend()
        assert facts.refused == []
        seconds = storm.seconds_until(storm.books.has_caught_up)
        storm.crew.stop()
        lost = check_log(storm.books, storm.moods)
        check(storm.books, storm.shop, facts)
    site.verify_books()
    record_property(
        "chaos",
        f"seed {SEED}: {FACTS:,} facts in {SECONDS} s, {kills.total()} kills "
        f"({', '.join(f'{count} × {name}' for name, count in sorted(kills.items()))}), "
        f"{len(storm.moods.arrived):,} events delivered by {storm.moods.tries.total():,} calls, "
        f"{lost} of them lost with their worker; caught up {seconds:.0f} s after the last fact",
    )


def test_valkey_is_emptied_and_killed_and_facts_keep_coming_in(
    site: Site, tmp_path, record_property
):
    """An import is handed in while it is away: the sweep finds what no message told of."""
    orders, mapping = tmp_path / "orders.csv", tmp_path / "mapping.toml"
    mapping.write_text(MAPPING)
    with storming(site, "flushed") as storm:
        facts = storm.facts()
        _until_share(facts, 0.2)
        site.broker.flushall()
        _until_share(facts, 0.4)
        site.kill_broker()
        gone = time.monotonic()
        today = time.strftime("%Y-%m-%d")
        lines = [sale(f"F{number}", "A000", today, "1.00") for number in range(20)]
        orders.write_text("\n".join([HEADER, *lines]) + "\n")
        site.python("tests.chaos.shop", "upload", "flushed", str(orders), str(mapping))
        _until_share(facts, 0.7)
        site.start_broker()
        back = time.monotonic()
        storm.books.connection.execute(  # as if it had waited for so long
            "UPDATE accounts_importrun SET created_at = created_at - interval '3 minutes'"
        )
        imported = storm.seconds_until(lambda: _imports(storm) == ["done"])
        facts.join()
        assert facts.refused == []
        seconds = storm.seconds_until(storm.books.has_caught_up)
        storm.crew.stop()
        check_log(storm.books, storm.moods)
        check(storm.books, storm.shop, facts, more=20)
    site.verify_books()
    record_property(
        "chaos",
        f"Valkey emptied, then away for {back - gone:.0f} s: every call was accepted, the slowest "
        f"in {facts.slowest:.1f} s; an import handed in meanwhile was done {imported:.0f} s after "
        f"it was back, and all was caught up {seconds:.0f} s after the last fact",
    )


def _until_share(facts: Facts, share: float) -> None:
    while facts.share < share:
        assert facts.is_alive()
        time.sleep(0.05)


def _imports(storm: Storm) -> list[str]:
    found = storm.books.of("SELECT state FROM accounts_importrun WHERE tenant_id = %(tenant)s")
    return [state for (state,) in found]
