"""Schemathesis against the running service: whatever the OpenAPI document allows or forbids is
sent, and every answer must be one that the document tells of; with a key of all scopes, and of
each."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.utils import timezone

from accounts.keys import SCOPES, make_key
from accounts.models import Activity
from accounts.tenancy import tenant_scope
from rewards.models import Entry
from tests import factories
from tests.conftest import empty_every_table
from tests.journeys.site import Site, serving
from tests.rewards.stories import accepted, purchase, taken_back

pytestmark = pytest.mark.fuzz

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "20"))  # of each operation; `make fuzz` takes more
IS_SHORT = EXAMPLES < 20
# In the short round one poor key does: the others differ from it in what they are refused.
POOR = ["accounts:read"] if IS_SHORT else list(SCOPES)
CONFIG = Path(__file__).with_name("schemathesis.toml")


@dataclass(frozen=True)
class Fuzzed:
    site: Site
    secrets: dict[str, str]
    document: Path
    identifiers: dict[str, str]


@pytest.fixture(scope="module")
def fuzzed(process_env, django_db_blocker, tmp_path_factory) -> Iterator[Fuzzed]:
    """One service for all: whatever came before must not change what is answered."""
    folder = tmp_path_factory.mktemp("fuzzed")
    document = folder / "openapi.yaml"
    call_command("spectacular", "--file", str(document), "--validate", "--fail-on-warn")
    env = process_env | {"LOYALTY_API_CALLS_PER_MINUTE": "10000000"}
    with django_db_blocker.unblock():
        with transaction.atomic():
            tenant = factories.TenantFactory(slug="acme")
        with tenant_scope(tenant.id), transaction.atomic():
            identifiers = _trade()
            secrets = {scope: _secret(scope) for scope in POOR} | {"all": _secret(*SCOPES)}
        with serving(env, files=folder) as site:
            yield Fuzzed(site, secrets, document, identifiers)
        connections["default"].close()
        empty_every_table()


def _secret(*scopes: str) -> str:
    staff = factories.StaffFactory(role="owner")
    return make_key(name="fuzz", scopes=scopes, actor=staff, now=timezone.now())[1]


def _trade() -> dict[str, str]:
    """A little history; the identifiers of what there is, by the names of path parameters."""
    program = factories.ProgramFactory(
        slug="rewards", points_expiry={"policy": "quarter_end", "plus": 1}
    )
    factories.publish_scheme(program, ("Bronze", 0, "1"), ("Gold", 100_000, "1.5"))
    factories.publish_rule(program)
    factories.publish_rule(program, code="status", unit="credits", tier_multiplies=False)
    factories.publish_rule(program, code="monthly", cap=500, cap_window="month")
    factories.ProductFactory(sku="SKU-1")
    now = timezone.now()
    dealer = factories.enrolled_account(program, number="D-1", name="Dealer One", region="West")
    accepted(purchase(dealer, "1240.55", now, "SO-0", product="SKU-1", quantity=4), as_of=now)
    accepted(taken_back(dealer, "0.00", now, of="SO-0", document="CN-0"), as_of=now)
    return {
        "number": dealer.number,
        "activity_id": str(Activity.objects.get(kind="purchase").pk),
        "entry_id": str(Entry.objects.filter(kind="earn").latest("id").pk),
    }


def run_schemathesis(fuzzed: Fuzzed, scope: str, *options: str, config: Path = CONFIG) -> None:
    program = shutil.which("schemathesis", path=os.environ.get("SCHEMATHESIS_PATH") or _beside())
    assert program, "Install schemathesis: it is among the development dependencies."
    command = [
        program,
        f"--config-file={config}",
        "run",
        str(fuzzed.document),
        f"--url=http://localhost:{fuzzed.site.port}",
        f"--header=Authorization: Bearer {fuzzed.secrets[scope]}",
        f"--max-examples={EXAMPLES}",
        "--checks=all",
        "--request-timeout=60",
        "--max-response-time=60",  # how quick it is, is not asked here
        *options,
    ]
    if IS_SHORT:  # a change fails for what it changed, not for what chance asks this time
        command.append("--seed=5")
    # It keeps its notes where it runs.
    notes = fuzzed.document.parent
    done = subprocess.run(command, cwd=notes, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{fuzzed.site.log.read_text()[-3000:]}"


def _beside() -> str:
    return str(Path(sys.executable).parent)


def test_with_a_key_of_all_scopes_every_answer_is_as_documented(fuzzed: Fuzzed):
    run_schemathesis(fuzzed, "all")
    _look_behind(fuzzed)


def test_of_what_there_is_every_answer_is_as_documented(fuzzed: Fuzzed, tmp_path: Path):
    """With identifiers out of thin air, the paths would end at “not found”."""
    known = "".join(f'"path.{name}" = "{value}"\n' for name, value in fuzzed.identifiers.items())
    config = tmp_path / "schemathesis.toml"
    config.write_text(f"[parameters]\n{known}\n{CONFIG.read_text()}")
    phases = "--phases=examples,coverage,fuzzing"
    run_schemathesis(fuzzed, "all", phases, "--include-path-regex={", config=config)
    _look_behind(fuzzed)


def _look_behind(fuzzed: Fuzzed) -> None:
    assert "Traceback" not in fuzzed.site.log.read_text()
    call_command("verify_books")  # raises where any invariant does not hold


@pytest.mark.parametrize("scope", POOR)
def test_with_a_key_of_one_scope_every_answer_is_as_documented(fuzzed: Fuzzed, scope: str):
    run_schemathesis(fuzzed, scope, "--phases=examples,coverage")
