"""A company signs up by itself; nobody else's person, address or workspace moves."""

import re
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail, signing
from django.core.exceptions import ValidationError

from accounts import doors
from accounts.kinds import STARTING_KINDS
from accounts.models import ActivityKind, Event, Staff, User
from accounts.signup import (
    AddressTaken,
    NotYourPassword,
    TicketRefused,
    make_ticket,
    sign_up,
    use_ticket,
)
from accounts.tenancy import tenant_scope
from tests.factories import MemberFactory, StaffFactory, UserFactory

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
GIVEN = {
    "company": "Globex",
    "slug": "globex",
    "name": "Olivia Owner",
    "email": "Olivia@Globex.example",
    "password": "correct horse battery",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
}


@pytest.fixture
def front(client):
    """The plain host, as a browser sees it."""
    client.defaults["HTTP_HOST"] = "localhost:8000"
    return client


def test_sign_up_makes_a_workspace_ready_to_work(db):
    owner = sign_up(**GIVEN, now=NOW)

    tenant = doors.tenant_by_slug("globex")
    assert tenant == owner.tenant
    assert (tenant.name, tenant.currency, tenant.time_zone) == ("Globex", "EUR", "Europe/Berlin")
    assert owner.user.email == "olivia@globex.example"
    assert owner.user.check_password("correct horse battery")
    with tenant_scope(tenant.id):
        assert list(Staff.objects.values_list("name", "role", "is_active")) == [
            ("Olivia Owner", "owner", True)
        ]
        assert dict(ActivityKind.objects.values_list("code", "name")) == {
            code: kind.name for code, kind in STARTING_KINDS.items()
        }
        event = Event.objects.get()
        assert event.kind == "tenant.signed_up"
        assert event.actor == f"staff:{owner.pk}"
        assert event.occurred_at == NOW
    # Nobody has proved yet that this mailbox is theirs.
    assert not EmailAddress.objects.get(email="olivia@globex.example").verified


def test_taken_address_is_refused_and_nothing_moved(tenant):
    with pytest.raises(AddressTaken, match=f"“{tenant.slug}” is taken"):
        sign_up(**GIVEN | {"slug": tenant.slug}, now=NOW)
    assert User.objects.count() == 0
    assert doors.tenant_ids() == [tenant.id]
    with tenant_scope(tenant.id):
        assert Staff.objects.count() == 0


def test_address_taken_in_the_same_moment_is_refused_by_the_database(tenant):
    with (
        patch("accounts.signup.doors.tenant_by_slug", return_value=None),
        pytest.raises(AddressTaken),
    ):
        sign_up(**GIVEN | {"slug": tenant.slug}, now=NOW)
    assert User.objects.count() == 0


def test_known_email_needs_its_own_password(db):
    known = UserFactory(email="olivia@globex.example", password="their own secret words")
    before = known.password
    with pytest.raises(NotYourPassword):
        sign_up(**GIVEN, now=NOW)
    known.refresh_from_db()
    assert known.password == before
    assert doors.tenant_ids() == []

    owner = sign_up(**GIVEN | {"password": "their own secret words"}, now=NOW)
    assert owner.user == known
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "admin"},
        {"slug": "a"},
        {"slug": "Globex"},
        {"slug": "globex.rival"},
        {"currency": "XX1"},
        {"time_zone": "Berlin"},
        {"company": "G" * 121},
    ],
)
def test_values_that_no_tenant_may_have_are_refused(db, wrong):
    with pytest.raises(ValidationError):
        sign_up(**GIVEN | wrong, now=NOW)
    assert User.objects.count() == 0


def test_ticket_opens_its_own_workspace_once(db, other_tenant):
    owner = sign_up(**GIVEN, now=NOW)
    ticket = make_ticket(owner)
    with pytest.raises(TicketRefused):
        use_ticket(ticket, tenant_id=other_tenant.id)
    assert use_ticket(ticket, tenant_id=owner.tenant_id) == owner.user
    with pytest.raises(TicketRefused):
        use_ticket(ticket, tenant_id=owner.tenant_id)


def test_ticket_is_good_for_a_minute(db):
    owner = sign_up(**GIVEN, now=NOW)
    ticket = make_ticket(owner)
    later = signing.time.time() + timedelta(seconds=61).total_seconds()
    with patch("django.core.signing.time.time", return_value=later), pytest.raises(TicketRefused):
        use_ticket(ticket, tenant_id=owner.tenant_id)
    with pytest.raises(TicketRefused):
        use_ticket(ticket[:-1] + "x", tenant_id=owner.tenant_id)


def test_form_leads_into_the_new_workspace_signed_in(front, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answer = front.post("/sign-up/", GIVEN)
    assert answer.status_code == 302
    address = answer["Location"]
    assert address.startswith("http://globex.localhost:8000/welcome/")
    # Browsers would stop the form's way to another host without this.
    assert "form-action 'self' http://*.localhost:8000" in answer["Content-Security-Policy"]

    path = address.removeprefix("http://globex.localhost:8000")
    home = front.get(path, headers={"host": "globex.localhost:8000"})
    assert home["Location"] == "/"
    start = front.get("/", headers={"host": "globex.localhost:8000"})
    assert start["Location"] == "/console/"
    [letter] = mail.outbox
    assert letter.to == ["olivia@globex.example"]
    assert letter.subject == "Globex is ready"
    assert "http://globex.localhost:8000/" in letter.body

    front.logout()
    again = front.get(path, headers={"host": "globex.localhost:8000"})
    assert again["Location"] == "/sign-in/login/"


def test_form_keeps_what_was_typed_and_says_what_is_wrong(front, tenant):
    answer = front.post("/sign-up/", GIVEN | {"slug": tenant.slug})
    assert answer.status_code == 422
    assert f"“{tenant.slug}” is taken; choose another address." in answer.text
    assert 'value="Globex"' in answer.text
    assert "correct horse battery" not in answer.text
    weak = front.post("/sign-up/", GIVEN | {"password": "12345"})
    assert "This password is too short" in weak.text
    assert User.objects.count() == 0


def test_person_with_a_second_factor_signs_in_with_it(front, db):
    known = UserFactory(email="olivia@globex.example", password=GIVEN["password"])
    EmailAddress.objects.create(user=known, email=known.email, primary=True, verified=True)
    Authenticator.objects.create(user=known, type="totp", data={"secret": "x"})
    path = front.post("/sign-up/", GIVEN)["Location"].removeprefix("http://globex.localhost:8000")
    answer = front.get(path, headers={"host": "globex.localhost:8000"})
    assert answer["Location"] == "/sign-in/login/"
    assert "_auth_user_id" not in front.session


def test_choosing_a_workspace(front, tenant):
    for typed in (
        tenant.slug,
        f" {tenant.slug.upper()} ",
        f"http://{tenant.slug}.localhost:8000/x",
    ):
        answer = front.post("/workspace/", {"slug": typed})
        assert answer["Location"] == f"http://{tenant.slug}.localhost:8000/"
    unknown = front.post("/workspace/", {"slug": "nobody"})
    assert unknown.status_code == 422
    assert "No workspace lives at this address." in unknown.text


def test_forgotten_address_goes_to_the_mailbox_and_nowhere_else(
    front, tenant, other_tenant, django_capture_on_commit_callbacks
):
    person = UserFactory(email="rita@example.com")
    with tenant_scope(tenant.id):
        StaffFactory(user=person)
    with tenant_scope(other_tenant.id):
        MemberFactory(user=person)
        MemberFactory(user=UserFactory(email="gone@example.com"), is_active=False)

    def asked(email: str) -> tuple[str, str]:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            answer = front.post("/workspace/forgotten/", {"email": email}, follow=True)
        [letter] = mail.outbox
        text = re.sub(r'value="\w{64}"', "", answer.text)  # the form's token
        return text.replace(email, "…"), letter.body

    told, letter = asked("rita@example.com")
    assert f"http://{tenant.slug}.localhost:8000/" in letter
    assert f"http://{other_tenant.slug}.localhost:8000/" in letter
    for nobody in ("gone@example.com", "who@example.com"):
        same, letter = asked(nobody)
        assert same == told
        assert "nobody is known by this address" in letter


def test_mailbox_is_not_flooded(front, db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(5):
            answer = front.post("/workspace/forgotten/", {"email": "rita@example.com"})
            assert answer["Location"] == "/"
    assert len(mail.outbox) == 3


def test_sign_up_cannot_be_tried_without_end(front, db):
    for _ in range(20):
        front.post("/sign-up/", {})
    answer = front.post("/sign-up/", GIVEN)
    assert "tried too often" in answer.text
    assert doors.tenant_ids() == []


def test_callers_behind_our_proxy_are_told_apart(front, db, settings):
    """Of one address for all of them anybody could use up everybody's tries."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for _ in range(21):
        refused = front.post("/sign-up/", {}, HTTP_X_FORWARDED_FOR="203.0.113.7")
    assert "tried too often" in refused.text
    front.post("/sign-up/", GIVEN, HTTP_X_FORWARDED_FOR="203.0.113.8")
    assert len(doors.tenant_ids()) == 1
