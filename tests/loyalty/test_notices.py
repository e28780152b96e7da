"""What people see of notices: their inbox, their choices, the way out, and the tenant's texts."""

import re
from datetime import time, timedelta

import pytest
from django.core import mail
from django.test import Client

from accounts.models import (
    Account,
    Enrollment,
    Letter,
    Member,
    Notice,
    NoticeChoice,
    NoticeManners,
    NoticeText,
    Staff,
)
from accounts.notices import posting
from accounts.notices.manners import Terms, terms
from tests.accounts.told import happened, noted
from tests.factories import MemberFactory, ProgramFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, text_of

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.fixture
def program(in_tenant):
    return ProgramFactory(name="Acme Rewards")


@pytest.fixture
def dealer(program):
    return enrolled_account(program, name="Harbor <b>Bikes</b>", rep=StaffFactory(role="rep"))


@pytest.fixture
def partner(dealer) -> Member:
    return MemberFactory(account=dealer)


@pytest.fixture
def reader(in_tenant, partner) -> Client:
    return client_of(in_tenant, partner.user)


@pytest.fixture
def manager(in_tenant) -> Client:
    return client_of(in_tenant, StaffFactory().user)


def reached(account, *names: str, ago: timedelta = timedelta()) -> None:
    """Milestones, told to the account's people and its rep."""
    for name in names:
        event = happened(
            "milestone.reached",
            account=account,
            now=NOW - ago,
            subject=f"milestone:{name}",
            program="",
            code="x",
            name=name,
        )
        noted(event, now=NOW - ago)


def notice_of(place: Member | Staff) -> Notice:
    return Notice.objects.filter(user=place.user).latest("noted_at", "id")


# ── The inbox ────────────────────────────────────────────────────────────────────────────────────


def test_the_inbox_shows_what_was_said_newest_first_and_counts_it(reader, dealer):
    assert "No notices yet" in text_of(reader.get("/notices/"))
    reached(dealer, "Ten orders", ago=timedelta(hours=1))
    reached(dealer, "Hundred orders")

    page = reader.get("/notices/")
    text = text_of(page)

    assert "2 unread." in text
    assert text.index("“Hundred orders”") < text.index("“Ten orders”")
    assert "Milestones · May 20, 2026, 11:00 AM" in text
    assert "<b>Bikes" not in page.content.decode()
    assert 'aria-label="Notices, 2 unread"' in reader.get("/portal/colleagues/").content.decode()


def test_opening_a_notice_reads_it_and_leads_to_what_it_is_about(reader, partner, dealer):
    reached(dealer, "First")
    enrollment = Enrollment.objects.get(account=dealer)

    response = reader.get(f"/notices/{notice_of(partner).id}/")

    assert response.url == f"/portal/{enrollment.id}/"
    assert notice_of(partner).read_at == NOW
    assert "Everything is read." in text_of(reader.get("/notices/"))
    assert "Nothing unread" in text_of(reader.get("/notices/?show=unread"))


def test_a_months_status_leads_to_that_months_statement(reader, partner, dealer):
    enrollment = Enrollment.objects.get(account=dealer)
    moved = dict.fromkeys(("earned", "taken_back", "redeemed", "expired"), 0)
    event = happened(
        "status.monthly",
        account=dealer,
        now=NOW,
        subject=f"enrollment:{enrollment.id}",
        month="2026-03-01",
        available=0,
        **moved,
    )
    noted(event, now=NOW)

    response = reader.get(f"/notices/{notice_of(partner).id}/")

    assert response.url == f"/portal/{enrollment.id}/entries/statement/?month=2026-03"
    assert "Statement of March 2026" in text_of(reader.get(response.url))


def test_a_notice_can_be_unread_again_and_all_be_read_at_once(reader, partner, dealer):
    reached(dealer, "One", "Two")
    reader.post("/notices/read/")
    assert "Everything is read." in text_of(reader.get("/notices/"))

    reader.post(f"/notices/{notice_of(partner).id}/mark/", {"as": "unread"})
    assert "1 unread." in text_of(reader.get("/notices/"))

    reader.post(f"/notices/{notice_of(partner).id}/mark/", {"as": "read"})
    assert "Everything is read." in text_of(reader.get("/notices/"))


def test_nobody_reads_what_was_said_to_others(in_tenant, reader, partner, dealer, program):
    colleague = MemberFactory(account=dealer)
    reached(dealer, "First")
    theirs = notice_of(colleague)

    assert reader.get(f"/notices/{theirs.id}/").status_code == 404
    assert reader.post(f"/notices/{theirs.id}/mark/", {"as": "read"}).status_code == 404
    reader.post("/notices/read/")

    theirs.refresh_from_db()
    assert theirs.read_at is None
    assert notice_of(partner).read_at == NOW


def test_who_leaves_an_account_leaves_what_was_said_of_it(in_tenant, partner, dealer, program):
    elsewhere = enrolled_account(program, name="Elsewhere")
    MemberFactory(account=elsewhere, user=partner.user)
    reached(dealer, "Here")
    reached(elsewhere, "There")
    Member.objects.filter(pk=partner.pk).update(is_active=False)

    text = text_of(client_of(in_tenant, partner.user).get("/notices/"))

    assert "“There”" in text
    assert "“Here”" not in text


def test_who_is_not_the_rep_any_more_leaves_what_was_said_of_the_account(in_tenant, dealer):
    reached(dealer, "First")
    before, told = client_of(in_tenant, dealer.rep.user), notice_of(dealer.rep)
    Account.objects.filter(pk=dealer.pk).update(rep=StaffFactory(role="rep"))

    assert before.get(f"/notices/{told.pk}/").status_code == 404
    text = text_of(before.get("/notices/"))
    assert "No notices yet" in text
    assert "Harbor" not in text
    before.post("/notices/read/")
    told.refresh_from_db()
    assert told.read_at is None


def test_a_rep_reads_of_their_accounts_in_the_field(in_tenant, dealer, partner):
    reached(dealer, "First")
    rep = client_of(in_tenant, dealer.rep.user)

    page = rep.get("/notices/")

    assert "“First”" in text_of(page)
    assert rep.get(f"/notices/{notice_of(dealer.rep).id}/").url == f"/field/{dealer.id}/"


@pytest.mark.parametrize(
    ("kind", "details", "page"),
    [
        ("points.earned", {"points": 5}, "entries/"),
        (
            "points.expiring",
            {"points": 5, "day": "2026-06-30", "days": 30, "stage": 30, "member": ""},
            "rewards/",
        ),
    ],
)
def test_notices_of_points_lead_to_the_points(
    reader, partner, dealer, program, kind, details, page
):
    noted(happened(kind, account=dealer, program=str(program.id), **details))
    enrollment = Enrollment.objects.get(account=dealer)

    opened = reader.get(f"/notices/{notice_of(partner).id}/")

    assert opened.url == f"/portal/{enrollment.id}/{page}"


@pytest.mark.parametrize("count", [1, 3])
def test_the_inbox_costs_the_same_for_one_notice_and_for_many(
    reader, dealer, count, django_assert_num_queries
):
    reached(dealer, *(f"Milestone {n}" for n in range(count)))

    with django_assert_num_queries(14):
        assert reader.get("/notices/").status_code == 200


def test_long_inboxes_come_in_pages(reader, dealer):
    reached(dealer, *(f"Milestone {n}" for n in range(21)))

    assert "1–20 of 21 notices" in text_of(reader.get("/notices/"))
    assert "21–21 of 21 notices" in text_of(reader.get("/notices/?page=2"))


# ── Choices ──────────────────────────────────────────────────────────────────────────────────────


def chosen(page: str) -> dict[str, str]:
    """Every field of the form as it comes: what would be sent if nothing were changed."""
    fields = dict(re.findall(r'<input type="checkbox" name="(\w+)"[^>]*checked', page) and [])
    for name in re.findall(r'name="(inbox_\w+)"[^>]*\bchecked', page):
        fields[name] = "on"
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        picked = re.search(r'<option value="([^"]*)" selected', options)
        fields[name] = picked[1] if picked else ""
    return fields


def test_each_chooses_what_to_hear_of_and_how_often(reader, partner):
    page = reader.get("/notices/choices/").content.decode()
    assert "Emails: Points earned" in page
    said = chosen(page) | {
        "letter_offer": "never",
        "letter_points_earned": "daily",
        "language": "de",
        "time_zone": "Europe/Berlin",
        "quiet_from": "21:30",
        "quiet_until": "06:45",
    }
    del said["inbox_milestone"]

    assert reader.post("/notices/choices/", said).status_code == 302

    kept = {
        one.kind: (one.in_inbox, one.by_letter)
        for one in NoticeChoice.objects.filter(user=partner.user)
    }
    assert kept["offer"] == (True, "never")
    assert kept["points_earned"] == (True, "daily")
    assert kept["milestone"] == (False, "at_once")
    assert kept["redemption_decided"] == (True, "at_once")
    manners = NoticeManners.objects.get()
    assert (manners.language, manners.time_zone) == ("de", "Europe/Berlin")
    assert (manners.quiet_from, manners.quiet_until) == (time(21, 30), time(6, 45))
    assert chosen(reader.get("/notices/choices/").content.decode())["letter_offer"] == "never"


def test_choices_that_are_none_are_refused_and_what_was_typed_stays(reader):
    page = reader.get("/notices/choices/").content.decode()
    wrong = {"letter_redemption_decided": "never", "quiet_from": "21:30"}

    response = reader.post("/notices/choices/", chosen(page) | wrong)

    assert response.status_code == 422
    assert "Quiet hours have a beginning and an end." in text_of(response)
    assert "never is not one of the available choices" in text_of(response)
    assert 'value="21:30"' in response.content.decode()
    assert (NoticeChoice.objects.count(), NoticeManners.objects.count()) == (0, 0)


def test_staff_without_accounts_choose_their_language_only(manager):
    page = manager.get("/notices/choices/")
    assert "Nothing is told to your role yet" in text_of(page)
    assert manager.post("/notices/choices/", {"language": "de"}).status_code == 302
    assert NoticeManners.objects.get().language == "de"
    assert NoticeChoice.objects.count() == 0


# ── The way out ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def link(partner, dealer) -> str:
    """The path in the letter's List-Unsubscribe."""
    reached(dealer, "First")
    posting.gather(now=NOW)
    posting.post(clock=lambda: NOW)
    letter = next(one for one in mail.outbox if one.to == [partner.user.email])
    return re.sub(r"^<https?://[^/]+|>$", "", letter.extra_headers["List-Unsubscribe"])


@pytest.fixture
def mail_program(in_tenant) -> Client:
    """Knows no cookies, and none of our tokens."""
    return Client(enforce_csrf_checks=True, headers={"host": f"{in_tenant.slug}.localhost"})


def test_one_click_ends_a_kind_of_letters_without_signing_in(mail_program, link, partner, dealer):
    answer = mail_program.post(link, {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert "sends you no emails about: Milestones" in text_of(answer)
    kept = NoticeChoice.objects.get()
    assert (kept.user, kept.kind, kept.in_inbox, kept.by_letter) == (
        partner.user,
        "milestone",
        True,
        "never",
    )
    reached(dealer, "Second")
    assert notice_of(partner).letter_due_at is None


def test_looking_at_the_link_ends_nothing(mail_program, link):
    answer = mail_program.get(link)

    assert "Stop these emails?" in text_of(answer)
    assert NoticeChoice.objects.count() == 0


def test_a_damaged_link_is_not_found(mail_program, link):
    other = "y" if link[-8] == "x" else "x"
    damaged = f"{link[:-8]}{other}{link[-7:]}"
    assert mail_program.post(damaged).status_code == 404
    assert NoticeChoice.objects.count() == 0


# ── The tenant's texts ───────────────────────────────────────────────────────────────────────────

TEXT = "/console/notices/milestone/en/"


def test_a_text_is_previewed_on_real_data_and_then_kept(manager, dealer, partner, reader):
    reached(dealer, "First")
    words = {"subject": "Hooray: {{ milestone }}", "body": "Well done, {{ account }}!"}

    seen = manager.post(TEXT, words | {"preview": "1"})

    assert seen.status_code == 200
    assert "Hooray: First Well done, Harbor <b>Bikes</b>!" in text_of(seen)
    assert "With the values of the newest notice of this kind." in text_of(seen)
    assert "Hooray: {{ milestone }}" in seen.content.decode().replace("&#x27;", "'")
    assert NoticeText.objects.count() == 0

    assert manager.post(TEXT, words).status_code == 302
    assert "Hooray: First" in text_of(reader.get("/notices/"))
    assert "Own words" in text_of(manager.get("/console/notices/"))

    manager.post(TEXT, words | {"standard": "1"})
    assert "reached “First”" in text_of(reader.get("/notices/"))


def test_an_unknown_placeholder_is_named_and_what_was_typed_stays(manager):
    words = {"subject": "Fine", "body": "{{ password }} {% debug %}"}

    refused = manager.post(TEXT, words)

    assert refused.status_code == 422
    assert "There is no placeholder “password” here. There are: account, company" in text_of(
        refused
    )
    assert "{% debug %}" in refused.content.decode()
    assert NoticeText.objects.count() == 0


def test_a_text_nobody_has_or_a_language_that_is_not_there_is_not_found(manager):
    assert manager.get("/console/notices/nothing/en/").status_code == 404
    assert manager.get("/console/notices/milestone/tlh/").status_code == 404
    assert manager.get("/console/notices/milestone/de/").status_code == 200


def test_what_holds_for_everybody(in_tenant, manager, reader, dealer):
    reached(dealer, "First")
    page = "/console/notices/"

    assert manager.post(page, {"language": "de", "warn_days": "14, 3"}).status_code == 302
    assert terms() == Terms("de", (14, 3))
    # That is for letters; on a page nobody reads two languages at once.
    german = reader.get("/notices/", headers={"accept-language": "de"})
    assert "hat „First“ erreicht" in text_of(german)
    assert "erreicht" not in text_of(reader.get("/notices/"))

    for wrong in ("soon", "0", "1 2 3 4 5 6"):
        assert manager.post(page, {"language": "de", "warn_days": wrong}).status_code == 422
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    analyst.post(page, {"language": "en", "warn_days": "1"})
    assert terms() == Terms("de", (14, 3))


def test_letters_are_listed_with_what_became_of_them(manager, link, partner):
    Letter.objects.update(state="failed", sent_at=None, reason="SMTPServerDisconnected: gone")

    text = text_of(manager.get("/console/notices/letters/?state=failed"))

    assert f"{partner.user.email} Harbor" in text
    assert "SMTPServerDisconnected: gone" in text
    assert "No email is in this state" in text_of(
        manager.get("/console/notices/letters/?state=sent")
    )
