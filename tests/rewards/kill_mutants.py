"""Does anybody notice? Applies the mutants of the ledger one by one and runs the ledger's tests.

    python -m tests.rewards.kill_mutants [name …]

The mutants live in a copy of the checkout; nothing here is changed. Ends with 1 if one survives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.rewards.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
# From the quickest to the most thorough; the first that fails has killed the mutant.
TESTS = (
    "tests/rewards/test_vectors.py",
    "tests/rewards/test_adjusting.py",
    "tests/rewards/test_corrections.py",
    "tests/rewards/test_reserving.py",
    "tests/rewards/test_edges_of_time.py",
    "tests/rewards/test_expiry.py",
    "tests/rewards/test_ledger_rules.py",
    "tests/rewards/test_ledger_machine.py",
)
COPIED = ("accounts", "tiers", "rewards", "rebates", "partners", "loyalty", "templates", "tests")


def main(names: list[str]) -> int:
    survivors = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder)
        _copy_checkout(copy)
        chosen = names or list(MUTANTS)
        for name in chosen:
            killer = _killed_by(copy, MUTANTS[name])
            print(f"{'killed' if killer else 'SURVIVED':9}{name}: {killer}", flush=True)
            if not killer:
                survivors.append(name)
    print(f"mutants: {len(chosen) - len(survivors)} of {len(chosen)} killed")
    return 1 if survivors else 0


def _copy_checkout(copy: Path) -> None:
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "manage.py"):
        shutil.copy(ROOT / name, copy / name)
    (copy / ".venv").symlink_to((ROOT / ".venv").resolve())


def _killed_by(copy: Path, mutant: Mutant) -> str:
    """The test that noticed, or "" if none did."""
    path = copy / "rewards" / "ledger" / f"{mutant.module}.py"
    sound = path.read_text()
    if mutant.what not in sound:
        raise SystemExit(f"{path.name} has no {mutant.what!r} any more: mend the list")
    path.write_text(sound.replace(mutant.what, mutant.becomes))
    try:
        return _first_failure(copy)
    finally:
        path.write_text(sound)


def _first_failure(copy: Path) -> str:
    tests = [one for one in TESTS if (copy / one).exists()]
    command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "--no-header", "--tb=no"]
    done = subprocess.run(
        [*command, *tests],
        cwd=copy,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "LEDGER_EXAMPLES": "25"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" - ")[0] if failed else f"pytest ended with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
