"""While the shared cache is away each process remembers for itself, and nobody sees an error."""

import time

import pytest
from django.core.cache import cache, caches
from django.urls import reverse

from accounts import cache as shared
from accounts.tenancy import tenant_scope
from accounts.throttle import allow
from tests.factories import ProgramFactory, StaffFactory


@pytest.fixture
def away(settings, monkeypatch):
    """An address at which nobody listens."""
    monkeypatch.setattr(shared, "_away_until", 0.0)
    one = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": one}
    yield
    cache.clear()


def test_what_is_kept_is_kept_here_while_it_is_away(away, caplog):
    assert (cache.add("once", 1), cache.add("once", 2)) == (True, False)
    assert (cache.get("once"), cache.get("never", "no")) == (1, "no")
    assert cache.incr("once") == 2
    assert cache.get_or_set("sum", lambda: 7, 60) == 7
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    cache.delete("a")
    assert "a" not in cache
    assert caplog.text.count("The shared cache is away") == 1  # and asked once, not each time
    started = time.monotonic()
    cache.get("once")
    assert time.monotonic() - started < 0.05


def test_it_is_asked_again_after_a_while(away, settings, monkeypatch):
    cache.set("where", "here")
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": settings.REDIS_URL}}
    assert cache.get("where") == "here"
    monkeypatch.setattr(shared, "_away_until", 0.0)
    assert cache.get("where") is None
    cache.set("where", "there")
    assert caches["default"].own.get("where") == "here"


def test_tries_are_counted_all_the_same(away):
    about = {"what": "sign-up", "who": "1.2.3.4", "times": 2, "seconds": 60}
    assert [allow(**about) for _ in range(3)] == [True, True, False]


def test_people_sign_in_and_work_without_it(away, client, tenant):
    with tenant_scope(tenant.id):
        staff = StaffFactory(role="manager")
        ProgramFactory()
    host = {"host": f"{tenant.slug}.localhost"}
    who = {"login": staff.user.email, "password": "correct horse battery"}
    entered = client.post(reverse("account_login"), who, headers=host)
    assert (entered.status_code, entered.url) == (302, "/")
    assert client.get("/console/", headers=host).status_code == 200
