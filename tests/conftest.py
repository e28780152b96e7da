"""Every test runs on real Postgres as the app's own role, behind the wall, or not at all."""

import gc
import os
import re
from collections.abc import Iterator
from hashlib import sha256

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from hypothesis import settings as hypothesis_settings
from psycopg import sql

from accounts.guards import refuse_unless_walled
from accounts.models import Tenant
from accounts.tenancy import tenant_scope
from tests import factories

# A run tells of what was changed, and not of luck: it has the same stories each time. `make search`
# has others.
hypothesis_settings.register_profile("same", derandomize=True)
hypothesis_settings.register_profile("others", derandomize=False, print_blob=True)
hypothesis_settings.load_profile("same")

TEST_DATABASE = "test_loyalty"
TEMPLATE = "template_loyalty_"
APPS = ("accounts", "tiers", "rewards", "rebates", "partners")
_OURS = re.compile(rf"^(?:import|from) ((?:{'|'.join(APPS)})\.[\w.]+)", re.MULTILINE)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker, worker_id: str) -> Iterator[None]:
    """A database of this worker's own, made by the owner's role as `migrate` makes it."""
    name = f"{TEST_DATABASE}_{worker_id}_{os.getpid()}"
    with django_db_blocker.unblock():
        home = connections["owner"].settings_dict["NAME"]
        _drop_left_over()
        create_database(name, template=_migrated())
        point_at(name)
        refuse_unless_walled()
    yield
    with django_db_blocker.unblock():
        point_at(home)
        drop_database(name)


def _migrated() -> str:
    """A database to copy, kept until something changes what the migrations make: they run once,
    and not once per worker and run."""
    name = f"{TEMPLATE}{_digest_of_the_schema()}"
    half = f"{TEMPLATE}half"
    owner = connections["owner"].copy()  # its own connection, which stays while others point away
    home = owner.settings_dict["NAME"]
    try:
        with owner.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [TEMPLATE])
            cursor.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [TEMPLATE]
            )
            found = {row[0] for row in cursor.fetchall()}
            if name not in found:
                for other in found:
                    drop_database(other)
                create_database(half)
                point_at(half)
                call_command("migrate", verbosity=0)
                point_at(home)
                cursor.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(half), sql.Identifier(name)
                    )
                )
    finally:
        owner.close()
    return name


def _digest_of_the_schema() -> str:
    """Of the migrations, of what they call, and of the lock, which names Django's version."""
    base = settings.BASE_DIR
    migrations = [file for app in APPS for file in (base / app / "migrations").glob("*.py")]
    called = {name for file in migrations for name in _OURS.findall(file.read_text())}
    files = {base / f"{name.replace('.', '/')}.py" for name in called}
    files |= {*migrations, *(base / "accounts" / "postgres").glob("*.py")}
    digest = sha256((base / "requirements.lock").read_bytes())
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def create_database(name: str, *, template: str = "template1") -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _drop_left_over() -> None:
    """Databases of test runs that were killed; their names end with the process that made them."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{TEST_DATABASE}_%"]
        )
        names = [row[0] for row in cursor.fetchall()]
    for name in names:
        if not _is_alive(int(name.rpartition("_")[2])):
            drop_database(name)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # alive, and somebody else's
    return True


def end_sessions(name: str) -> None:
    """Those of others in a database that is to be copied or dropped."""
    for alias in ("default", "owner"):  # neither role may end the other's
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = %s AND usename = current_user AND pid <> pg_backend_pid()",
                [name],
            )


def drop_database(name: str) -> None:
    end_sessions(name)
    with connections["owner"].cursor() as cursor:
        # Not WITH (FORCE), which refuses while autovacuum is at it; this has autovacuum stop.
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def point_at(name: str) -> None:
    for alias in connections:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture(scope="session")
def worker_id() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture
def committed(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Real commits, for threads and other processes; every row is gone afterwards.

    The app's role may not TRUNCATE, so Django's transactional tests cannot clean up behind the
    wall: the owner does it.
    """
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            connections["default"].close()
            empty_every_table()


def empty_every_table() -> None:
    kept = ["django_migrations", "django_content_type", "auth_permission"]
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "AND relname <> ALL (%s)",
            [kept],
        )
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} CASCADE")
    connections["owner"].close()


@pytest.fixture(scope="session")
def process_env(django_db_setup) -> dict[str, str]:
    """The environment in which another process works on the tests' database."""
    env = dict(os.environ)
    for alias, variable in (("default", "DATABASE_URL"), ("owner", "DATABASE_OWNER_URL")):
        of = connections[alias].settings_dict
        env[variable] = (
            f"host='{of['HOST']}' port='{of['PORT'] or 5432}' "
            f"user='{of['USER']}' password='{of['PASSWORD']}' "
            f"dbname='{of['NAME']}'"
        )
    return env


@pytest.fixture(scope="session", autouse=True)
def _cheap_clients_and_passwords() -> Iterator[None]:
    """Nearly every test makes clients of its own, and each would list all static files first."""
    with override_settings(
        WHITENOISE_AUTOREFRESH=True,
        PASSWORD_HASHERS=["tests.hashing.QuickPasswordHasher"],
    ):
        yield


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture
def tenant(db) -> Tenant:
    return factories.TenantFactory()


@pytest.fixture
def in_tenant(tenant: Tenant) -> Iterator[Tenant]:
    """The test runs inside the scope of `tenant`."""
    with tenant_scope(tenant.id):
        yield tenant


@pytest.fixture
def other_tenant(db) -> Tenant:
    """A second tenant whose rows must never be seen from the first."""
    return factories.TenantFactory(slug="rival", name="Rival Inc.")


def pytest_collection_finish() -> None:
    """What was imported stays: the garbage collector need not look it through again and again."""
    gc.collect()
    gc.freeze()


SAID = {
    "isolation": "Isolation",
    "effort": "Clicks per task",
    "weight": "Weight of a page",
    "chaos": "Chaos",
    "conflicts": "Conflicts of deals",
}


def pytest_terminal_summary(terminalreporter) -> None:
    """What tests report besides pass and fail (`record_property`), once and at the end.

    Here, and not beside those tests: with several workers only this file is read by the process
    that owns the terminal, and what a worker prints is lost.
    """
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    for name, title in SAID.items():
        lines = [text for report in reports for key, text in report.user_properties if key == name]
        if lines:
            terminalreporter.section(title)
            terminalreporter.write_line("\n".join(lines))
