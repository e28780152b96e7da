"""A command's key is good for ever, for one command; two at once do not both run."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.commands import Identity, InProgress, OtherContent, Told, digest_of, keep, recall
from accounts.models import Command
from accounts.tenancy import tenant_scope
from tests.factories import TenantFactory

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
ROUTE = "POST /api/v1/redemptions"


def identity(key: str = "K-1", content: str = "{}", owner: str = "api") -> Identity:
    return Identity(owner=owner, key=key, route=ROUTE, digest=digest_of(ROUTE, content))


def kept(told: Told, **of) -> None:
    assert recall(identity(**of)) is None
    keep(identity(**of), told, actor="key:1", recorded_at=NOW)


def test_the_first_answer_is_told_again(in_tenant):
    kept(Told(201, '{"ä": 1}', "/api/v1/redemptions/1"))
    assert recall(identity()) == Told(201, '{"ä": 1}', "/api/v1/redemptions/1")
    (row,) = Command.objects.all()
    assert (row.route, row.actor, row.recorded_at) == (ROUTE, "key:1", NOW)


def test_other_content_under_a_known_key_is_refused(in_tenant):
    kept(Told(201, "{}"))
    with pytest.raises(OtherContent, match="The key K-1 came before with other content"):
        recall(identity(content="{1}"))
    assert Command.objects.count() == 1


def test_keys_of_other_owners_and_tenants_do_not_meet(in_tenant, other_tenant):
    kept(Told(201, "{}"))
    assert recall(identity(owner="staff:1")) is None
    with tenant_scope(other_tenant.id):
        assert recall(identity(content="{1}")) is None
        assert Command.objects.count() == 0


def test_an_identity_is_kept_once(in_tenant):
    kept(Told(201, "{}"))
    with pytest.raises(IntegrityError, match="command_identity"), transaction.atomic():
        keep(identity(), Told(201, "{}"), actor="key:1", recorded_at=NOW)


def test_of_two_at_once_one_runs_and_the_other_is_refused(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    said = []

    def second() -> None:
        try:
            with tenant_scope(tenant.id), transaction.atomic():
                said.append(recall(identity()))
        except InProgress as error:
            said.append(str(error))
        finally:
            connection.close()

    def run_second() -> None:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()

    with tenant_scope(tenant.id), transaction.atomic():
        assert recall(identity()) is None
        run_second()
        keep(identity(), Told(201, '{"done": 1}'), actor="key:1", recorded_at=NOW)
    run_second()
    assert said == ["The command with the key K-1 is still being done.", Told(201, '{"done": 1}')]
