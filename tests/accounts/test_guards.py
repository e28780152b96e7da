"""Each hole that the wall could have is planted once, by the owner, and found by its name.

The service asks through its own connection; what it is shown here it must refuse to serve with.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts import guards
from accounts.grants import app_role, grant_privileges
from accounts.guards import WallMissing, append_only_tables, find_holes, refuse_unless_walled
from loyalty import servers
from tests.isolation.holes import APP, PLANTED, ROLES

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def database(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Changes to the schema are real; no test here leaves a row."""
    with django_db_blocker.unblock():
        yield
        for alias in connections:
            connections[alias].close()


def as_owner(*statements: str) -> None:
    with connections["owner"].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.replace(APP, app_role()))


@contextmanager
def planted(what: str) -> Iterator[set[str]]:
    """The database with this hole in its wall; yields how the hole is reported."""
    holes, make, undo = PLANTED[what]
    try:
        as_owner(*make)
        yield {hole.replace(APP, app_role()) for hole in holes}
    finally:
        connection.close()
        as_owner(*undo)


@pytest.mark.parametrize("what", PLANTED)
def test_hole_is_found_by_its_name(what):
    with planted(what) as holes:
        assert set(find_holes()) == holes
        with pytest.raises(WallMissing, match="The wall between tenants has holes") as refusal:
            refuse_unless_walled()
        assert all(hole in str(refusal.value) for hole in holes)
    assert find_holes() == []


@contextmanager
def signed_in_as(role: str) -> Iterator[BaseDatabaseWrapper]:
    other = connection.copy()
    other.settings_dict = other.settings_dict | {"USER": role}
    try:
        yield other
    finally:
        other.close()


@pytest.mark.parametrize("what", ROLES)
def test_role_that_could_see_everything_is_refused(what):
    names = {name: f"planted_{name}_{os.getpid()}" for name in ("role", "group", "between")}
    holes, make = ROLES[what]
    made = [name for name in names if any(f"ROLE {{{name}}}" in line for line in make)]
    try:
        as_owner(*(line.format(**names) for line in make))
        with signed_in_as(names["role"]) as other:
            # nothing is granted to it, so that nothing else can be said against it
            assert list(find_holes_of_role(other)) == [h.format(**names) for h in holes]
    finally:
        as_owner(*(f"DROP ROLE {names[name]}" for name in made))


def find_holes_of_role(other: BaseDatabaseWrapper) -> list[str]:
    about_roles = {what: query for what, query in guards.CHECKS.items() if "role" in what}
    with other.cursor() as cursor:
        found = []
        for what, query in about_roles.items():
            cursor.execute(query, guards.values())
            found += [f"{what}: {row[0]}" for row in cursor.fetchall()]
    return found


STARTS = {
    "web process": ["-c", "import loyalty.wsgi"],
    "worker": ["-m", "celery", "-A", "loyalty", "worker", "-P", "solo", "-l", "ERROR"],
    "scheduler": ["-m", "celery", "-A", "loyalty", "beat", "-s", "{folder}/schedule"],
}


def test_nothing_starts_without_the_wall(process_env, tmp_path):
    with planted("view of its owner") as (hole,):
        started = {
            what: subprocess.Popen(
                [sys.executable, *(part.format(folder=tmp_path) for part in command)],
                cwd=servers.PROJECT,
                env=process_env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for what, command in STARTS.items()
        }
        said = {what: process.communicate(timeout=90)[1] for what, process in started.items()}
    for what, process in started.items():
        assert (what, process.returncode) == (what, 1)
        assert "The wall between tenants has holes" in said[what]
        assert hole in said[what]


def test_web_process_starts_behind_the_wall(process_env):
    subprocess.run(
        [sys.executable, "-c", "import loyalty.wsgi"],
        cwd=servers.PROJECT,
        env=process_env,
        timeout=90,
        check=True,
    )


def test_what_a_migration_forgot_to_grant_right_is_granted_right_again():
    as_owner(
        f"GRANT ALL ON rewards_entry TO {APP}",
        f"GRANT UPDATE (payload) ON accounts_event TO {APP}",
    )
    assert len(find_holes()) > 1
    grant_privileges("owner")
    assert find_holes() == []


def test_append_only_tables_are_those_that_say_so():
    assert append_only_tables() == [
        "accounts_activity",
        "accounts_command",
        "accounts_event",
        "accounts_file",
        "accounts_filecontent",
        "accounts_webhookattempt",
        "partners_awardpayment",
        "partners_fundgrant",
        "rebates_acceptance",
        "rebates_accrualmove",
        "rebates_credit",
        "rebates_estimate",
        "rebates_forecast",
        "rebates_journalbatch",
        "rebates_journalline",
        "rebates_setoff",
        "rewards_award",
        "rewards_boost",
        "rewards_budget",
        "rewards_entry",
        "rewards_grantnote",
        "rewards_lotuse",
        "rewards_milestone",
        "rewards_recall",
        "rewards_transfer",
        "tiers_tier",
    ]
