"""Notices become letters; letters go out once, also when workers die or mail servers fail."""

from datetime import UTC, datetime, time, timedelta
from email.utils import parseaddr
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from accounts.addresses import tenant_url
from accounts.models import Account, Letter, Member, Notice, Tenant
from accounts.models.notice import Frequency
from accounts.notices import posting
from accounts.notices.manners import BadChoice, Choice, change_choices, change_manners, unsubscribe
from accounts.notices.unsubscribing import LinkRefused, read_link
from tests.accounts.told import NOW, happened, noted
from tests.factories import MemberFactory, ProgramFactory, StaffFactory, enrolled_account

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def program(in_tenant):
    Tenant.objects.filter(pk=in_tenant.pk).update(brand_color="#ffd400")
    return ProgramFactory(name="Acme Rewards")


@pytest.fixture
def partner(program) -> Member:
    return MemberFactory(account=enrolled_account(program, name="Harbor <Bikes>"))


def reached(partner: Member, name: str = "First order") -> None:
    """A milestone, said at once."""
    noted(
        happened(
            "milestone.reached",
            account=partner.account,
            subject=f"milestone:{name}",
            program="",
            code="first",
            name=name,
        )
    )


def posted(now: datetime = LATER) -> int:
    posting.gather(now=now)
    return posting.post(clock=lambda: now)


def test_a_notice_goes_out_as_a_letter_on_the_tenants_paper(partner):
    reached(partner)

    assert posted() == 1

    [letter] = mail.outbox
    assert letter.to == [partner.user.email]
    assert parseaddr(letter.from_email)[0] == "Acme Corp."
    assert letter.subject == "Harbor <Bikes> reached “First order”"
    html, kind = letter.alternatives[0]
    assert kind == "text/html"
    assert "background:#ffd400" in html
    assert "Harbor &lt;Bikes&gt;" in html
    assert "<Bikes>" not in html
    notice, home = Notice.objects.get(), tenant_url(slug=partner.tenant.slug)
    assert f"Open: {home}notices/{notice.id}/" in letter.body
    assert letter.extra_headers["Message-ID"] == f"<{notice.letter_id}@localhost>"
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    kept = Letter.objects.get()
    assert (kept.state, kept.sent_at, kept.attempts, kept.lease_until) == ("sent", LATER, 1, None)
    assert kept.subject == letter.subject
    assert posted(LATER + timedelta(days=1)) == 0


def test_letters_are_in_the_readers_language(partner):
    change_manners(
        user=partner.user, language="de", time_zone="", quiet_from=None, quiet_until=None
    )
    reached(partner)
    reached(partner, "Second")
    posted()

    [letter] = mail.outbox
    assert letter.subject == "Harbor <Bikes> hat „First order“ erreicht und eine weitere Nachricht"
    assert "Keine solchen E-Mails mehr: http://" in letter.body
    assert '<html lang="de">' in letter.alternatives[0][0]


def test_what_is_due_together_is_one_letter(partner):
    for name in ("One", "Two", "Three"):
        reached(partner, name)

    assert posted() == 1
    assert mail.outbox[0].subject == "Harbor <Bikes> reached “One” and 2 more notices"
    assert Notice.objects.filter(letter__isnull=True).count() == 0


def test_quiet_hours_are_kept_and_over_in_the_morning(partner):
    change_manners(
        user=partner.user,
        language="",
        time_zone="Europe/Berlin",
        quiet_from=time(18),
        quiet_until=time(7),
    )
    reached(partner)  # at 18:00 in Berlin

    assert posted() == 0
    assert Notice.objects.get().letter_due_at == datetime(2026, 5, 21, 5, tzinfo=UTC)
    assert posted(datetime(2026, 5, 21, 4, 59, tzinfo=UTC)) == 0
    assert posted(datetime(2026, 5, 21, 5, tzinfo=UTC)) == 1


def test_a_mail_server_that_fails_is_tried_again_and_given_up_in_the_end(partner, monkeypatch):
    reached(partner)
    sent = []

    def refuse(message):
        sent.append(message.extra_headers["Message-ID"])
        raise SMTPServerDisconnected("Connection unexpectedly closed")

    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
    now = LATER
    tried = []
    posting.gather(now=now)
    while True:
        assert posting.post(clock=lambda at=now: at) == 0
        letter = Letter.objects.get()
        if letter.state == "failed":
            break
        assert letter.state == "queued"
        tried.append(letter.not_before - now)
        assert posting.claim(now=letter.not_before - timedelta(seconds=1)) is None
        now = letter.not_before

    assert tuple(tried) == posting.RETRIES
    assert letter.reason == "SMTPServerDisconnected: Connection unexpectedly closed"
    assert (letter.attempts, len(sent), set(sent)) == (7, 7, {f"<{letter.id}@localhost>"})


def test_a_letter_of_a_worker_that_died_is_taken_up_after_its_lease(partner):
    reached(partner)
    posting.gather(now=LATER)
    held = posting.claim(now=LATER)  # and the worker dies here
    assert held is not None

    assert posting.post(clock=lambda: LATER + timedelta(minutes=9)) == 0
    assert posting.post(clock=lambda: LATER + posting.LEASE) == 1
    assert len(mail.outbox) == 1

    posting._settle(held, state="queued")  # it was only slow, and comes back too late
    assert Letter.objects.get().state == "sent"


def test_a_letter_that_cannot_be_written_does_not_hold_up_the_others(partner, monkeypatch):
    other = MemberFactory(account=partner.account)
    reached(partner)
    pen = posting.pen

    def pen_or_fail(letter):
        if letter.user_id == partner.user_id:
            raise ZeroDivisionError("no such luck")
        return pen(letter)

    monkeypatch.setattr(posting, "pen", pen_or_fail)

    assert posted() == 1
    assert mail.outbox[0].to == [other.user.email]
    assert Letter.objects.get(user=partner.user).reason == "ZeroDivisionError: no such luck"


def test_who_has_left_gets_no_letter(partner):
    reached(partner)
    posting.gather(now=LATER)
    Member.objects.filter(pk=partner.pk).update(is_active=False)

    assert posted() == 0
    assert mail.outbox == []
    letter = Letter.objects.get()
    assert (letter.state, letter.reason) == (
        "failed",
        "The reader has no access any more, or wants no such letters.",
    )


def test_who_is_not_the_rep_any_more_gets_no_letter_of_the_account(partner):
    reps = [StaffFactory(role="rep"), StaffFactory(role="rep")]
    Account.objects.update(rep=reps[0])
    Member.objects.update(is_active=False)
    reached(partner)
    Notice.objects.update(letter_due_at=NOW)  # however often reps hear of it
    Account.objects.update(rep=reps[1])

    assert posted() == 0
    assert mail.outbox == []
    assert Letter.objects.get().state == "failed"


def test_whoever_ends_a_kind_gets_no_more_letters_of_it(partner):
    reached(partner)
    posted()
    link = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>")
    found = read_link(link.rstrip("/").rpartition("/")[2], tenant_id=partner.tenant_id)
    reached(partner, "Second")  # waits for its letter

    unsubscribe(user=found.user, kinds=found.kinds, now=LATER)
    reached(partner, "Third")

    assert (found.user, found.kinds) == (partner.user, ("milestone",))
    assert posted() == 0
    assert Notice.objects.filter(in_inbox=True).count() == 3


def test_a_link_of_another_workspace_or_a_damaged_one_is_refused(partner, other_tenant):
    reached(partner)
    posted()
    token = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>/").rpartition("/")[2]
    for wrong, tenant_id in (
        (token, other_tenant.id),
        (token[:-1], partner.tenant_id),
        ("", partner.tenant_id),
    ):
        with pytest.raises(LinkRefused):
            read_link(wrong, tenant_id=tenant_id)


def test_what_must_be_known_cannot_be_turned_off(partner):
    never = Choice(in_inbox=True, by_letter=Frequency.NEVER)
    hidden = Choice(in_inbox=False, by_letter=Frequency.AT_ONCE)
    for choice in (never, hidden):
        with pytest.raises(BadChoice):
            change_choices(
                user=partner.user, choices={"redemption_decided": choice}, actor="x", now=NOW
            )
    assert unsubscribe(user=partner.user, kinds=["redemption_decided", "bogus"], now=NOW) == []
    daily = Choice(in_inbox=True, by_letter=Frequency.AT_ONCE)
    with pytest.raises(BadChoice, match="come: daily, weekly, never"):
        change_choices(user=partner.user, choices={"points_earned": daily}, actor="x", now=NOW)


def test_the_database_keeps_notices_and_letters_as_they_must_be(partner):
    reached(partner)
    notice = Notice.objects.get()
    for change in (
        {"member": None},
        {"letter_id": notice.letter_id, "staff_id": None, "member_id": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notice.objects.filter(pk=notice.pk).update(**change)
    posting.gather(now=LATER)
    for change in ({"state": "sending"}, {"state": "sent"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Letter.objects.update(**change)


def test_a_mail_service_of_anymail_gets_the_letter_with_its_way_out(partner, settings):
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    reached(partner)

    assert posted() == 1

    [letter] = mail.outbox
    said = letter.anymail_test_params["extra_headers"]
    assert said["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert said["Message-ID"] == f"<{Letter.objects.get().id}@localhost>"
