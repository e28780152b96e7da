"""The host decides the tenant; what ends in a server error leaves nothing behind."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.middleware import PeopleMiddleware, TenantMiddleware, slug_in
from accounts.models import Account, Tenant
from accounts.tenancy import NoTenantOpen, current_tenant_id, tenant_scope
from tests.factories import AccountFactory, MemberFactory, StaffFactory, UserFactory


def seen_tenant(host: str, **request) -> Tenant | None:
    """What a view at `host` finds as its tenant."""
    seen = []

    def view(request):
        seen.append(request.tenant)
        return HttpResponse()

    TenantMiddleware(view)(RequestFactory().get("/", headers={"host": host}, **request))
    return seen[0]


@pytest.mark.parametrize(
    ("host", "slug"),
    [
        ("localhost", ""),
        ("localhost:8000", ""),
        ("acme.localhost", "acme"),
        ("acme.localhost:8000", "acme"),
        ("ACME.localhost", "acme"),
        ("acme.localhost.:8000", "acme"),
        ("www.acme.localhost", "www.acme"),
    ],
)
def test_slug_is_what_stands_before_the_domain(host, slug):
    assert slug_in(host) == slug


def test_host_alone_names_the_tenant(tenant, other_tenant):
    assert seen_tenant(f"{tenant.slug}.localhost:8000") == tenant
    assert seen_tenant(f"{other_tenant.slug}.localhost") == other_tenant
    assert seen_tenant("localhost:8000") is None
    deceived = seen_tenant(
        f"{tenant.slug}.localhost",
        query_params={"tenant": other_tenant.slug},
        HTTP_X_TENANT=other_tenant.slug,
        HTTP_X_FORWARDED_HOST=f"{other_tenant.slug}.localhost",
        HTTP_COOKIE=f"tenant={other_tenant.slug}",
    )
    assert deceived == tenant


def test_view_runs_in_the_scope_of_the_tenant_and_only_the_view(tenant):
    opened = []

    def view(request):
        opened.append(current_tenant_id())
        return HttpResponse()

    request = RequestFactory().get("/", headers={"host": f"{tenant.slug}.localhost"})
    TenantMiddleware(view)(request)
    assert opened == [tenant.id]
    with pytest.raises(NoTenantOpen):
        current_tenant_id()


def test_address_without_a_workspace_says_so(client, tenant):
    answer = client.get("/console/", headers={"host": "nobody.localhost"})
    assert answer.status_code == 404
    assert "No workspace at this address" in answer.text
    below = client.get("/", headers={"host": f"www.{tenant.slug}.localhost"})
    assert below.status_code == 404
    assert below.text == answer.text


def test_foreign_host_is_refused(client, tenant):
    answer = client.get("/", headers={"host": f"{tenant.slug}.localhost.evil.example"})
    assert answer.status_code == 400


@pytest.mark.parametrize(("status", "accounts"), [(200, 1), (404, 1), (500, 0), (503, 0)])
def test_server_error_takes_everything_back(tenant, status, accounts):
    def view(request):
        AccountFactory()
        return HttpResponse(status=status)

    request = RequestFactory().post("/", headers={"host": f"{tenant.slug}.localhost"})
    assert TenantMiddleware(view)(request).status_code == status
    with tenant_scope(tenant.id):
        assert Account.objects.count() == accounts


def people_at(tenant: Tenant, user):
    """The request of `user` at `tenant`, with what PeopleMiddleware put on it."""
    request = RequestFactory().get("/")
    request.tenant, request.user = tenant, user
    PeopleMiddleware(lambda request: HttpResponse())(request)
    return request


def test_people_are_those_of_the_open_tenant(tenant, other_tenant):
    user = UserFactory()
    with tenant_scope(other_tenant.id):
        StaffFactory(user=user, role="owner")
        MemberFactory(user=user)
    with tenant_scope(tenant.id):
        stranger = people_at(tenant, user)
        assert not stranger.staff
        assert list(stranger.members) == []
        staff = StaffFactory(user=user)
        member = MemberFactory(user=user)
        known = people_at(tenant, user)
        assert known.staff == staff
        assert list(known.members) == [member]


def test_who_lost_access_is_nobody(in_tenant):
    user = UserFactory()
    StaffFactory(user=user, is_active=False)
    MemberFactory(user=user, is_active=False)
    request = people_at(in_tenant, user)
    assert not request.staff
    assert not request.members


def test_people_cost_nothing_until_they_are_asked_for(in_tenant):
    user = StaffFactory().user
    with CaptureQueriesContext(connection) as queries:
        request = people_at(in_tenant, user)
        assert len(queries) == 0
        assert request.staff
        assert request.staff.role == "manager"
        assert len(queries) == 1
