"""The matrix sees what it is there to see: each net cut open, one hole at a time, must be caught.

And each of the two nets holds alone: with only one of them cut, nothing of another tenant shows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, connections, models
from django.http import HttpRequest

import accounts.directory
import accounts.keys
import accounts.middleware
import loyalty.api.keys
import loyalty.api.pages
import loyalty.field.accounts
import loyalty.people.colleagues
import loyalty.portal.enrollments
import loyalty.portal.overview
import loyalty.portal.points
import rewards.queries
from accounts import commands
from accounts.books import tenant_models
from accounts.models import Command, Enrollment, Member, Staff
from accounts.postgres.arrays import texts
from accounts.postgres.statements import Ask
from accounts.tenancy import TenantManager
from rewards.models import Entry
from tests.isolation.matrix import leaks, spoofed
from tests.isolation.world import World

READERS = ("owner", "finance")
Patch = pytest.MonkeyPatch


def unfiltered(patch: Patch) -> None:
    """Managers no longer say which tenant."""
    patch.setattr(TenantManager, "get_queryset", models.Manager.get_queryset)


@contextmanager
def without_policy(*tables: str) -> Iterator[None]:
    """Postgres no longer says which tenant."""
    connection.close()  # idle, it would keep nothing locked; the tests' own is reopened
    with connections["owner"].cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        try:
            yield
        finally:
            connection.close()
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


@dataclass(frozen=True)
class Mutant:
    """What is cut (tables without policy, code replaced), and which part of the matrix looks."""

    routes: tuple[str, ...]
    roles: tuple[str, ...]
    tables: tuple[str, ...] = ()
    cut: Callable[[Patch], None] = lambda patch: None
    look: Callable[..., Iterator[str]] = leaks


def everybodys_enrollments(patch: Patch) -> None:
    def all_of_them(request: HttpRequest) -> Any:
        return Enrollment.objects.select_related("account", "program").order_by("id")

    patch.setattr(loyalty.portal.enrollments, "own_enrollments", all_of_them)
    patch.setattr(loyalty.portal.overview, "own_enrollments", all_of_them)
    # What one is at the account would otherwise be missed there, and keep the page closed.
    for page in (loyalty.portal.overview, loyalty.portal.points):
        patch.setattr(page, "member_at", lambda request, _: request.members[0])


def everybodys_field(patch: Patch) -> None:
    patch.setattr(loyalty.field.accounts, "_own", lambda accounts, request: accounts)


def entry_of_any_wallet(patch: Patch) -> None:
    def of_any_wallet(wallet: Any, entry_id: Any) -> Entry:
        return Entry.objects.filter(id=entry_id).first() or _no_entry(entry_id)

    patch.setattr(rewards.queries, "_of_wallet", of_any_wallet)


def _no_entry(entry_id: Any) -> Entry:
    raise rewards.queries.NoSuchEntry(entry_id)


def admin_of_any_account(patch: Patch) -> None:
    def any_place(request: HttpRequest) -> Member:
        wanted = request.GET.get("account")
        return Member.objects.filter(account_id=wanted).first() or request.members[0]

    patch.setattr(loyalty.people.colleagues, "_admin_of", any_place)


def suspended_come_in(patch: Patch) -> None:
    patch.setattr(
        accounts.middleware,
        "_staff_of",
        lambda request: (
            request.user.is_authenticated and Staff.objects.filter(user=request.user).first()
        ),
    )


def any_scope_will_do(patch: Patch) -> None:
    patch.setattr(
        loyalty.api.keys.HasScope, "has_permission", lambda self, request, view: bool(request.auth)
    )


def header_names_the_host(patch: Patch) -> None:
    patch.setattr("django.conf.settings.USE_X_FORWARDED_HOST", True)


def accounts_of_all_tenants(patch: Patch) -> None:
    unfiltered(patch)

    def doers(numbers: Any) -> Ask[dict[str, Any]]:
        return Ask(
            "SELECT number, id, country, region, vertical, partner_type "
            "FROM accounts_account WHERE number = ANY (%s::text[])",
            [texts(numbers)],
            lambda rows: {row[0]: accounts.directory.Doer(*row[1:]) for row in rows},
        )

    patch.setattr("accounts.directory.doers", doers)


def keys_of_all_tenants(patch: Patch) -> None:
    def live_key(secret_hash: str) -> Ask[Any]:
        found = accounts.keys.live_key(secret_hash)
        anybody, _, rest = found.statement.partition("tenant_id = NULLIF(")
        _, _, rest = rest.partition(" AND ")
        return Ask(anybody + rest, found.values, found.read)

    patch.setattr("accounts.middleware.live_key", live_key)


def cursors_of_any_tenant(patch: Patch) -> None:
    patch.setattr(loyalty.api.pages, "_salt", lambda request: request.path)


def commands_of_all_tenants(patch: Patch) -> None:
    def recall(identity: commands.Identity) -> commands.Told | None:
        for known in models.QuerySet(Command).filter(key=identity.key):
            if known.digest != identity.digest:
                raise commands.OtherContent(identity.key)
        return None

    patch.setattr(commands, "recall", recall)


MUTANTS = {
    "account of another tenant": Mutant(
        ("console_account", "api_account"),
        ("owner", "key_read"),
        ("accounts_account",),
        unfiltered,
    ),
    "list of all tenants' accounts": Mutant(
        ("console_accounts",), READERS, ("accounts_account",), unfiltered
    ),
    "import of another tenant": Mutant(
        ("console_import",), READERS, ("accounts_importrun",), unfiltered
    ),
    "file of another tenant": Mutant(
        ("console_import_rejects",), READERS, ("accounts_importrun",), unfiltered
    ),
    "key of another tenant revoked": Mutant(
        ("key_revoke",), ("owner",), ("accounts_apikey",), unfiltered
    ),
    "key of another tenant lets in": Mutant(
        ("api_activities",), ("key_other",), ("accounts_apikey",), keys_of_all_tenants
    ),
    "invitation of another tenant": Mutant(
        ("invitation",), ("anonymous",), ("accounts_invitation",), unfiltered
    ),
    "staff of another tenant come in": Mutant(
        ("console",), ("other_owner",), ("accounts_staff",), unfiltered
    ),
    "member of another tenant changed": Mutant(
        ("member_change",), ("owner",), ("accounts_member", "accounts_account"), unfiltered
    ),
    "people of all tenants": Mutant(("people",), ("owner",), ("accounts_staff",), unfiltered),
    "program of another tenant": Mutant(("console",), READERS, ("accounts_program",), unfiltered),
    "facts for an account of another tenant": Mutant(
        ("api_activities",), ("key_write",), ("accounts_account",), accounts_of_all_tenants
    ),
    "entry of another tenant": Mutant(
        ("api_entry", "api_why"),
        ("key_read",),
        ("rewards_entry", "rewards_wallet", "accounts_account", "accounts_program"),
        unfiltered,
    ),
    "fact of another tenant taken back": Mutant(
        ("api_reversals",), ("key_write",), ("accounts_activity", "accounts_account"), unfiltered
    ),
    "list of another tenant read on": Mutant(
        ("api_accounts",), ("key_read",), cut=cursors_of_any_tenant
    ),
    "command of another tenant": Mutant(
        ("api_reversals",), ("key_write",), ("accounts_command",), commands_of_all_tenants
    ),
    "neighbor's enrollment": Mutant(
        ("portal_overview",), ("member", "neighbor"), cut=everybodys_enrollments
    ),
    "neighbor's ledger": Mutant(("portal_entries",), ("viewer",), cut=everybodys_enrollments),
    "neighbor's entry to read on from": Mutant(
        ("portal_entries",), ("member",), cut=entry_of_any_wallet
    ),
    "neighbor's colleagues": Mutant(("colleague_invite",), ("admin",), cut=admin_of_any_account),
    "other rep's account": Mutant(("field_account",), ("rep", "other_rep"), cut=everybodys_field),
    "suspended staff": Mutant(("console",), ("suspended_staff",), cut=suspended_come_in),
    "key without the scope": Mutant(("api_account",), ("key_write",), cut=any_scope_will_do),
    "tenant from a header": Mutant(
        ("brand_icon", "people"),
        (),
        cut=header_names_the_host,
        look=lambda world, routes, roles: spoofed(world, routes),
    ),
}


CAUGHT: set[str] = set()


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught(world: World, monkeypatch, name):
    mutant = MUTANTS[name]
    with without_policy(*mutant.tables), monkeypatch.context() as patch:
        mutant.cut(patch)
        caught = next(mutant.look(world, mutant.routes, mutant.roles), "")
    assert caught, "the matrix is blind to this"
    CAUGHT.add(name)


# What a tenant's people see most of, for those who see most.
SEEN = (
    "console_account",
    "console_accounts",
    "console_import",
    "people",
    "member_change",
    "portal_entries",
    "field_account",
    "api_account",
    "api_activities",
    "api_entries",
    "api_why",
    "api_lots",
)
EYES = ("owner", "member", "rep", "key_read", "key_other", "other_owner")


def test_either_net_holds_alone(world: World, monkeypatch):
    with monkeypatch.context() as patch:
        unfiltered(patch)
        assert list(leaks(world, SEEN, EYES)) == []
    tables = sorted(model._meta.db_table for model in tenant_models())
    with without_policy(*tables, "accounts_tenant"):
        assert list(leaks(world, SEEN, EYES)) == []


def test_nothing_is_left_of_the_mutants(world: World, record_property):
    record_property("isolation", f"isolation: {len(CAUGHT)} of {len(MUTANTS)} mutants caught")
    assert list(leaks(world, SEEN, EYES)) == []
    assert world.rows_of_beta_for_the_owner() == world.untouched
