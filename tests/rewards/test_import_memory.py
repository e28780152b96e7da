"""Memory stays flat: what an import needs does not depend on how long the file is."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import transaction

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from tests import factories
from tests.rewards.imported import HEADER, MAPPING

LIMIT = 200  # megabytes
# Where there is /proc, not ru_maxrss: that counts the pages of the test session from which the
# process was forked, too.
MEASURED = """
import pathlib, resource, sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
status = pathlib.Path("/proc/self/status")
if status.exists():
    (peak,) = [int(l.split()[1]) for l in status.read_text().splitlines() if l.startswith("VmHWM")]
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(peak, file=sys.stderr)
"""


def write_lines(path: Path, *, rows: int) -> None:
    """Good rows and bad ones by turns, all days and accounts mixed."""
    with path.open("w") as file:
        file.write(HEADER + "\n")
        for n in range(rows):
            day = f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}"
            kind = "purchase" if n % 2 else "bribe"
            file.write(f"S{n // 5},{n % 5},A{n * 7 % 200:03},{day},{n % 900}.50,2,,{kind},\n")


def peak_of(path: Path, *options: str, tenant: str, env: dict[str, str]) -> float:
    """Megabytes that importing `path` took at most."""
    mapping = path.with_name("mapping.toml")
    mapping.write_text(MAPPING)
    command = ["import_activities", path, "--tenant", tenant, "--mapping", mapping, *options]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, command)],
        env=env | {"LOYALTY_FILES": str(path.with_name("files")), "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1]) / 1024


@pytest.fixture
def shop(committed) -> Tenant:
    with transaction.atomic():
        tenant = factories.TenantFactory()
        with tenant_scope(tenant.id):
            program = factories.ProgramFactory()
            factories.publish_rule(program)
            for number in range(200):
                factories.enrolled_account(program, number=f"A{number:03}")
    return tenant


@pytest.mark.parametrize("options", [(), ("--history",)])
def test_five_times_as_many_lines_take_as_much_memory(shop, process_env, tmp_path, options):
    peaks = []
    for rows in (6_000, 30_000):
        path = tmp_path / f"{rows}.csv"
        write_lines(path, rows=rows)
        peaks.append(peak_of(path, *options, tenant=shop.slug, env=process_env))
    assert peaks[1] < LIMIT
    assert peaks[1] - peaks[0] < 25
