"""View as a partner: everything to be read, nothing to be changed, for half an hour, on record."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from accounts.models import Event, Member, Staff
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.isolation.routes import enumerated
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("django.utils.timezone.now", clock)
    return clock


@pytest.fixture
def dealer(in_tenant):
    program = running_program()
    account = enrolled_account(program, name="Northwind", on=at("2026-01-01 00:00"))
    accepted(purchase(account, "10.00", at("2026-05-02")), as_of=at("2026-05-02 20:00"))
    return account


@pytest.fixture
def morgan(in_tenant) -> Staff:
    return StaffFactory(name="Morgan Manager", role="manager")


@pytest.fixture
def staff(in_tenant, morgan):
    return client_of(in_tenant, morgan.user)


def look(client, account, member: Member | None = None):
    said = {"reason": "Ticket 12", "member": member.pk if member else ""}
    return client.post(f"/console/accounts/{account.pk}/view-as/", said, follow=True)


def test_the_portal_is_shown_with_a_banner_and_the_look_is_on_record(staff, morgan, dealer):
    pat = MemberFactory(account=dealer, name="Pat Partner", portal_role="admin")
    unsaid = staff.post(f"/console/accounts/{dealer.pk}/view-as/", {"reason": " "})
    assert unsaid.status_code == 422
    assert staff.get("/portal/").status_code == 403

    text = text_of(look(staff, dealer, pat))

    assert "You see the portal as Pat Partner of Northwind does." in text
    assert "It ends by itself at 12:30." in text
    assert "10" in text
    event = Event.objects.get(kind="account.viewed_as")
    assert (event.actor, event.account_id) == (morgan.actor, dealer.pk)
    assert event.payload == {
        "reason": "Ticket 12",
        "person": "Pat Partner",
        "until": "2026-05-20T16:30:00+00:00",
    }
    # whoever looks leaves no trace of a visit: what is news to Pat stays news
    pat.refresh_from_db()
    assert pat.visited_at is None
    account = text_of(staff.get(f"/console/accounts/{dealer.pk}/"))
    assert "Looked at the portal as Pat Partner: Ticket 12" in account

    text = text_of(staff.post("/console/view-as/end/", follow=True))
    assert "Viewing as a partner has ended." in text
    assert staff.get("/portal/").status_code == 403


def test_nothing_in_the_portal_can_be_changed(staff, dealer, in_tenant):
    pat = MemberFactory(account=dealer, portal_role="admin")
    look(staff, dealer, pat)
    before = Event.objects.count()
    addresses = _portal_addresses(dealer.enrollments.get().pk)
    assert len(addresses) > 15

    for address in addresses:
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(staff, method)(address)
            assert answer.status_code == 403, (method, address)
            assert "You are only looking" in text_of(answer)
    assert Event.objects.count() == before


def _portal_addresses(enrollment_id: UUID) -> list[str]:
    """Every route of the portal, those that are still to come among them."""
    patterns = [f"/{pattern}" for pattern in enumerated().values()]
    own = [pattern.replace("<uuid:enrollment_id>", str(enrollment_id)) for pattern in patterns]
    return [re.sub("<.*?>", str(uuid4()), one) for one in own if one.startswith("/portal/")]


def test_the_wall_between_accounts_stays(staff, dealer, in_tenant):
    program = dealer.enrollments.get().program
    other = enrolled_account(program, name="Southwind")
    pat = MemberFactory(account=dealer, portal_role="admin")
    MemberFactory(account=other, user=pat.user)  # who of the tenant is looked at is one account

    look(staff, dealer, pat)

    theirs = other.enrollments.get().pk
    assert staff.get(f"/portal/{theirs}/").status_code == 404
    assert "Southwind" not in text_of(staff.get(f"/portal/{dealer.enrollments.get().pk}/"))


def test_it_ends_by_itself_and_with_the_role(staff, morgan, dealer, clock):
    look(staff, dealer)
    assert "as somebody of Northwind does" in text_of(staff.get("/portal/", follow=True))
    clock.now = NOW + timedelta(minutes=30)
    answer = staff.get("/portal/", follow=True)
    assert answer.redirect_chain == [(f"/console/accounts/{dealer.pk}/", 302)]
    assert staff.get("/portal/").status_code == 403

    look(staff, dealer)
    Staff.objects.filter(pk=morgan.pk).update(role="analyst")
    assert staff.get("/portal/").status_code == 302
    assert staff.get("/portal/").status_code == 403


def test_who_may_not_look_and_at_whom_nobody_may(in_tenant, staff, dealer, other_tenant):
    for role in ("finance", "analyst", "rep"):
        person = client_of(in_tenant, StaffFactory(role=role).user)
        assert look(person, dealer).status_code == 403
    gone = MemberFactory(account=dealer, is_active=False)
    elsewhere = MemberFactory()
    for member in (gone, elsewhere):
        assert look(staff, dealer, member).status_code == 422
    assert not Event.objects.filter(kind="account.viewed_as").exists()
