"""Keys: shown once, found by their secret in their own tenant, dead once revoked."""

from datetime import UTC, date, datetime
from hashlib import sha256

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import doors
from accounts.keys import UnknownScope, hash_secret, live_key, make_key, note_use, revoke_key
from accounts.models import ApiKey, Event
from accounts.postgres.statements import ask
from accounts.tenancy import tenant_scope
from tests.factories import StaffFactory

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def owner(in_tenant):
    return StaffFactory(role="owner")


def find_key(secret):
    (key,) = ask(live_key(hash_secret(secret)))
    return key


def tenant_of_key(secret_hash):
    (tenant,) = ask(doors.entered_by_key(secret_hash))
    return tenant


def make(owner, scopes=("activities:write",)):
    return make_key(name="ERP", scopes=scopes, actor=owner, now=NOW)


def test_only_a_hash_of_the_secret_is_kept(owner, in_tenant):
    key, secret = make(owner)
    assert secret.startswith("loy_")
    assert len(secret) == 47
    kept = ApiKey.objects.values().get()
    assert secret not in str(kept)
    assert kept["secret_hash"] == sha256(secret.encode()).hexdigest()
    assert kept["hint"] == secret[:8]
    assert kept["scopes"] == ["activities:write"]
    assert kept["created_by"] == owner.actor
    assert find_key(secret) == key
    assert find_key(secret + "x") is None
    assert tenant_of_key(kept["secret_hash"]) == in_tenant
    event = Event.objects.get()
    assert event.kind == "key.made"
    assert secret not in str(event.payload)


def test_key_of_another_tenant_does_not_exist_here(owner, other_tenant):
    _, secret = make(owner)
    with tenant_scope(other_tenant.id):
        assert find_key(secret) is None
        assert ApiKey.objects.count() == 0


def test_revoked_key_opens_nothing(owner):
    key, secret = make(owner)
    revoke_key(key=key, actor=owner, now=NOW)
    revoke_key(key=key, actor=owner, now=NOW)
    assert find_key(secret) is None
    assert tenant_of_key(key.secret_hash) is None
    assert list(Event.objects.order_by("id").values_list("kind", flat=True)) == [
        "key.made",
        "key.revoked",
    ]


@pytest.mark.parametrize("scopes", [[], ["everything"], ["activities:write", "admin"]])
def test_scopes_that_mean_nothing_are_refused(owner, scopes):
    with pytest.raises(UnknownScope):
        make(owner, scopes)
    assert ApiKey.objects.count() == 0


def test_last_use_is_written_once_a_day(owner):
    key, secret = make(owner)
    note_use(key=key, today=date(2026, 4, 2))
    with CaptureQueriesContext(connection) as queries:
        note_use(key=find_key(secret), today=date(2026, 4, 2))
        note_use(key=find_key(secret), today=date(2026, 4, 1))
    assert len(queries) == 2  # the look-ups
    note_use(key=find_key(secret), today=date(2026, 4, 3))
    assert find_key(secret).last_used_on == date(2026, 4, 3)


def test_page_shows_the_secret_once(owner, client, in_tenant):
    client.defaults["HTTP_HOST"] = f"{in_tenant.slug}.localhost:8000"
    client.force_login(owner.user)
    made = client.post("/console/keys/", {"name": "ERP", "scopes": ["accounts:read"]})
    key = ApiKey.objects.get()
    secret = made.context["secret"]
    assert find_key(secret) == key
    assert secret in made.text
    assert made["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    again = client.get("/console/keys/")
    assert secret not in again.text
    assert key.hint in again.text
    client.post(f"/console/keys/{key.pk}/revoke/")
    assert find_key(secret) is None


@pytest.mark.parametrize("role", ["finance", "rep", "analyst"])
def test_page_is_for_owners_and_managers(in_tenant, client, role):
    client.defaults["HTTP_HOST"] = f"{in_tenant.slug}.localhost:8000"
    client.force_login(StaffFactory(role=role).user)
    answer = client.post("/console/keys/", {"name": "ERP", "scopes": ["accounts:read"]})
    assert answer.status_code == 403
    assert "Owner or Program manager" in answer.text
    assert ApiKey.objects.count() == 0
