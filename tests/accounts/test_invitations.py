"""Only who reads the invited mailbox comes in, once, while the invitation is open."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone

from accounts import invitations
from accounts.models import Event, Invitation, Member, Staff, User
from accounts.tenancy import tenant_scope
from tests.factories import AccountFactory, MemberFactory, StaffFactory, UserFactory

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def owner(in_tenant) -> Staff:
    return StaffFactory(name="Olivia Owner", role="owner")


@pytest.fixture
def sent(django_capture_on_commit_callbacks):
    """Run something; return the secret in the one letter it sent, and the letter."""

    def run(act):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        [letter] = mail.outbox
        return re.search(r"/invitation/([^/\s]+)/", letter.body)[1], letter

    return run


def invite(actor: Staff, email: str = "Rita@Example.com", role: str = "rep", now=NOW):
    return invitations.invite_staff(email=email, name="Rita Rep", role=role, actor=actor, now=now)


def invite_partner(account, actor, email: str = "pat@example.com", now=NOW):
    return invitations.invite_member(
        email=email,
        name="Pat",
        account=account,
        portal_role="member",
        business_role="sales",
        actor=actor,
        now=now,
    )


def test_letter_carries_a_link_that_only_it_has(owner, sent, in_tenant):
    secret, letter = sent(lambda: invite(owner))
    assert letter.to == ["rita@example.com"]
    assert letter.subject == "Olivia Owner invited you to Acme Corp."
    assert letter.from_email == '"Acme Corp." <no-reply@localhost>'
    address = f"http://{in_tenant.slug}.localhost:8000/invitation/{secret}/"
    assert address in letter.body
    [(page, kind)] = letter.alternatives
    assert kind == "text/html"
    assert address in page
    assert in_tenant.brand_color in page

    kept = Invitation.objects.get()
    assert kept.expires_at == NOW + WEEK
    assert secret not in str(Invitation.objects.values().get())
    assert invitations.find_invitation(secret) == kept
    assert invitations.find_invitation(kept.secret_hash) is None


def test_new_person_accepts_and_comes_in(owner, sent):
    secret, _ = sent(lambda: invite(owner))
    found = invitations.find_invitation(secret)
    staff = invitations.accept_as_new(
        invitation=found, name="Rita Rep", password="correct horse battery", now=NOW + WEEK / 2
    )
    assert (staff.name, staff.role, staff.is_active) == ("Rita Rep", "rep", True)
    assert staff.user.email == "rita@example.com"
    assert staff.user.check_password("correct horse battery")
    assert EmailAddress.objects.get(user=staff.user).verified
    with pytest.raises(invitations.InvitationClosed):
        invitations.accept(invitation=found, user=staff.user, name="Rita", now=NOW + WEEK / 2)
    assert list(Event.objects.order_by("id").values_list("kind", "actor")) == [
        ("invitation.sent", owner.actor),
        ("invitation.accepted", staff.actor),
    ]


def test_known_person_keeps_their_password(owner, sent):
    rita = UserFactory(email="rita@example.com", password="their own secret words")
    secret, _ = sent(lambda: invite(owner))
    found = invitations.find_invitation(secret)
    with pytest.raises(invitations.AnotherPerson):
        invitations.accept_as_new(invitation=found, name="R", password="taken over now", now=NOW)
    rita.refresh_from_db()
    assert rita.check_password("their own secret words")
    staff = invitations.accept(invitation=found, user=rita, name="Rita", now=NOW)
    assert staff.user == rita


def test_invitation_is_bound_to_its_mailbox(owner, sent):
    secret, _ = sent(lambda: invite(owner))
    found = invitations.find_invitation(secret)
    with pytest.raises(invitations.AnotherPerson):
        invitations.accept(invitation=found, user=UserFactory(), name="Eve", now=NOW)
    assert Staff.objects.count() == 1
    assert invitations.state_of(invitations.find_invitation(secret), now=NOW) == "open"


@pytest.mark.parametrize(
    ("after", "state"),
    [(timedelta(0), "open"), (WEEK - timedelta(microseconds=1), "open"), (WEEK, "expired")],
)
def test_invitation_is_good_for_seven_days(owner, sent, after, state):
    secret, _ = sent(lambda: invite(owner))
    found = invitations.find_invitation(secret)
    assert invitations.state_of(found, now=NOW + after) == state
    if state == "expired":
        with pytest.raises(invitations.InvitationClosed):
            invitations.accept_as_new(
                invitation=found, name="R", password="correct horse battery", now=NOW + after
            )
        assert User.objects.filter(email="rita@example.com").count() == 0


def test_sent_again_only_the_new_link_works(owner, sent):
    old, _ = sent(lambda: invite(owner))
    later = NOW + 2 * WEEK
    found = invitations.find_invitation(old)
    new, letter = sent(lambda: invitations.resend(invitation=found, actor=owner, now=later))
    assert letter.to == ["rita@example.com"]
    assert invitations.find_invitation(old) is None
    assert invitations.state_of(invitations.find_invitation(new), now=later) == "open"


def test_revoked_link_opens_nothing(owner, sent):
    secret, _ = sent(lambda: invite(owner))
    found = invitations.find_invitation(secret)
    invitations.revoke(invitation=found, actor=owner, now=NOW)
    found = invitations.find_invitation(secret)
    assert invitations.state_of(found, now=NOW) == "revoked"
    for act in (invitations.revoke, invitations.resend):
        with pytest.raises(invitations.InvitationClosed):
            act(invitation=found, actor=owner, now=NOW)
    with pytest.raises(invitations.InvitationClosed):
        invitations.accept_as_new(
            invitation=found, name="R", password="correct horse battery", now=NOW
        )
    assert User.objects.filter(email="rita@example.com").count() == 0


def test_nobody_is_invited_twice(owner):
    invite(owner)
    with pytest.raises(invitations.AlreadyHere, match="invited already"):
        invite(owner, email="RITA@example.com")
    assert Invitation.objects.count() == 1
    invite(owner, now=NOW + WEEK)  # the first one has expired and is closed
    assert Invitation.objects.filter(revoked_at=None).count() == 1


def test_who_is_here_needs_no_invitation(owner):
    with pytest.raises(invitations.AlreadyHere, match="on your staff already"):
        invite(owner, email=owner.user.email.upper())
    member = MemberFactory()
    with pytest.raises(invitations.AlreadyHere, match="has access to"):
        invite_partner(member.account, owner, email=member.user.email)


@pytest.mark.parametrize(
    ("inviter", "role", "allowed"),
    [
        ("owner", "owner", True),
        ("owner", "manager", True),
        ("manager", "manager", True),
        ("manager", "owner", False),
        ("finance", "analyst", False),
        ("rep", "rep", False),
        ("analyst", "analyst", False),
    ],
)
def test_who_invites_staff(in_tenant, inviter, role, allowed):
    actor = StaffFactory(role=inviter)
    if allowed:
        assert invite(actor, role=role).staff_role == role
    else:
        with pytest.raises(invitations.MayNotInvite):
            invite(actor, role=role)
        assert Invitation.objects.count() == 0
        assert Event.objects.count() == 0


def test_portal_admin_invites_colleagues_to_their_own_account_only(in_tenant):
    admin = MemberFactory(portal_role="admin")
    assert invite_partner(admin.account, admin).account == admin.account
    for actor, account in (
        (admin, AccountFactory()),
        (MemberFactory(account=admin.account, portal_role="member"), admin.account),
        (MemberFactory(account=admin.account, is_active=False), admin.account),
        (StaffFactory(role="rep"), admin.account),
    ):
        with pytest.raises(invitations.MayNotInvite):
            invite_partner(account, actor, email="more@example.com")
    assert Invitation.objects.count() == 1


def test_partner_accepts_and_who_had_left_comes_back(owner, sent):
    account = AccountFactory()
    gone = MemberFactory(account=account, is_active=False, portal_role="viewer")
    secret, letter = sent(lambda: invite_partner(account, owner, email=gone.user.email))
    assert account.name in letter.body
    back = invitations.accept(
        invitation=invitations.find_invitation(secret), user=gone.user, name="Pat", now=NOW
    )
    assert back.pk == gone.pk
    assert (back.is_active, back.portal_role, back.business_role) == (True, "member", "sales")
    assert Member.objects.count() == 1


# ── The page ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def page(client, tenant):
    client.defaults["HTTP_HOST"] = f"{tenant.slug}.localhost:8000"
    return client


@pytest.fixture
def link(tenant, sent) -> str:
    def act():
        with tenant_scope(tenant.id):
            invite(StaffFactory(role="owner"), now=timezone.now())

    secret, _ = sent(act)
    return f"/invitation/{secret}/"


def test_link_leads_a_new_person_in(page, link, tenant):
    form = page.get(link)
    assert 'value="rita@example.com"' in form.text
    weak = page.post(link, {"name": "Rita", "password": "123"})
    assert weak.status_code == 422
    assert User.objects.filter(email="rita@example.com").count() == 0
    come_in = page.post(link, {"name": "Rita", "password": "correct horse battery"})
    assert come_in["Location"] == "/"
    assert page.get("/")["Location"] == "/field/"
    used = page.get(link)
    assert used.status_code == 410
    assert "has been used" in used.text


def test_link_of_another_tenant_is_as_unknown_as_any(page, link, other_tenant):
    host = {"host": f"{other_tenant.slug}.localhost:8000"}
    foreign = page.get(link, headers=host)
    unknown = page.get("/invitation/" + "x" * 43 + "/", headers=host)
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text == unknown.text
    posted = page.post(link, {"name": "R", "password": "correct horse battery"}, headers=host)
    assert posted.status_code == 404
    assert User.objects.filter(email="rita@example.com").count() == 0


def test_known_person_signs_in_first(page, link, tenant):
    rita = UserFactory(email="rita@example.com")
    asked = page.get(link)
    assert "signs in here already" in asked.text
    assert f'href="/sign-in/login/?next={link}"' in asked.text
    taken = page.post(link, {"name": "R", "password": "another one entirely"})
    assert "signs in here already" in taken.text
    page.force_login(rita)
    assert page.post(link, {"name": "Rita"})["Location"] == "/"
    with tenant_scope(tenant.id):
        assert Staff.objects.get(user=rita).role == "rep"


def test_somebody_else_is_told_whose_it_is(page, link, tenant):
    page.force_login(UserFactory(email="eve@example.com"))
    answer = page.post(link, {"name": "Eve"})
    assert "This invitation is for rita@example.com" in answer.text
    with tenant_scope(tenant.id):
        assert Staff.objects.count() == 1


def test_password_set_by_somebody_else_is_void_once_the_mailbox_speaks(
    page, link, tenant, django_capture_on_commit_callbacks
):
    """Eve signs up with Rita's email and waits for Rita to be invited somewhere."""
    eves = UserFactory(email="rita@example.com", password="what eve knows")
    EmailAddress.objects.create(user=eves, email=eves.email, primary=True, verified=False)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        page.post("/sign-in/login/code/", {"email": "rita@example.com"})
    code = re.search(r"^ +(\S+)$", mail.outbox[0].body, re.MULTILINE)[1]
    page.post("/sign-in/login/code/confirm/", {"code": code})
    page.post(link, {"name": "Rita"})
    assert page.get("/")["Location"] == "/field/"
    eves.refresh_from_db()
    assert not eves.has_usable_password()
