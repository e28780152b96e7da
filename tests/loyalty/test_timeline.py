"""One line of time of an account: everything once, the newest first, however it is read."""

import re
from datetime import timedelta

import pytest

from accounts import events
from accounts.models import Activity, Event
from loyalty.timeline import ICONS, PER_PAGE, read_place, timeline
from rewards import clock
from rewards.models import Entry
from rewards.voice import voice_of
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")

QUERIES = 48


@pytest.fixture
def rep(in_tenant):
    return StaffFactory(name="Rita Reynolds", role="rep")


@pytest.fixture
def dealer(in_tenant, rep):
    return enrolled_account(running_program(), name="Nordwind", rep=rep)


def ordered(dealer, *documents: str, day: str = "2026-05-15") -> None:
    """So many orders at one instant, as a file with days alone brings them."""
    clock.advance(upto=at(f"{day} 00:00"))
    facts = [purchase(dealer, "10.00", at(day), document) for document in documents]
    accepted(*facts, as_of=at(f"{day} 20:00"))


def happened(dealer, kind: str, when, **payload) -> None:
    events.record(
        kind=kind,
        subject=f"account:{dealer.pk}",
        account_id=dealer.pk,
        actor="system",
        occurred_at=when,
        recorded_at=when,
        payload=payload,
    )


def test_every_page_together_is_everything_once_though_all_of_it_was_at_one_instant(
    in_tenant, dealer
):
    ordered(dealer, *(f"SO{number}" for number in range(PER_PAGE + 5)))
    changed = {"from": "Member", "to": "Silver", "cause": "reached"}
    happened(dealer, "tier.changed", at("2026-05-15"), **changed)

    places, place = [], None
    for _page in range(9):
        read = timeline(dealer, voice=voice_of(in_tenant), before=place)
        assert len(read.moments) <= PER_PAGE
        found = [moment.place for moment in read.moments]
        places += [(one.at, one.source, one.key) for one in found]
        if not read.older:
            break
        place = read_place(read.older)

    assert places == sorted(set(places), reverse=True)
    told = Event.objects.filter(kind__in=list(ICONS)).count()
    assert len(places) == Activity.objects.count() + Entry.objects.count() + told


def test_a_rep_reads_what_happened_and_nothing_that_is_not_theirs_to_know(in_tenant, rep, dealer):
    ordered(dealer, "SO7")
    changed = {"from": "Member", "to": "Silver", "cause": "reached"}
    happened(dealer, "tier.changed", at("2026-05-16"), **changed)
    happened(dealer, "redemption.code_shown", at("2026-05-16"), code="GIFT-4711")
    happened(dealer, "bank_details.entered", at("2026-05-16"), masked="DE00 … 4711")
    MemberFactory(account=dealer)

    text = text_of(client_of(in_tenant, rep.user).get(f"/field/{dealer.pk}/"))

    assert "May 16, 2026 · by the system Member → Silver, reached" in text
    assert "10 points: 1 point per $1.00 of $10.00" in text
    assert "Purchase · May 15, 2026 $10.00 SO7" in text
    assert text.index("Silver, reached") < text.index("Purchase · May 15")
    assert "4711" not in text


def test_older_pages_are_links_and_a_broken_link_begins_anew(in_tenant, rep, dealer):
    ordered(dealer, *(f"SO{number}" for number in range(PER_PAGE)))
    reader, page = client_of(in_tenant, rep.user), f"/field/{dealer.pk}/"

    first = reader.get(page).content.decode()
    older = re.search(r'href="(\?before=[^"#]+)#timeline"', first)[1].replace("&amp;", "&")

    assert "Back to the newest" in text_of(reader.get(page + older))
    for broken in ("soon", "2026-05-15T00:00:00~1~x", "2026-05-15T00:00:00~1~" + "0" * 32, "\0"):
        text = text_of(reader.get(page, {"before": broken}))
        assert "Back to the newest" not in text
    late = "9999-12-31T23:59:59+00:00~3~" + "f" * 32
    assert text_of(reader.get(page, {"before": late})).count("10 points: 1 point per") == PER_PAGE


@pytest.mark.parametrize("count", [1, 3])
def test_it_takes_the_same_queries_for_any_number(
    in_tenant, rep, dealer, count, django_assert_num_queries
):
    for number in range(count):
        ordered(dealer, f"SO{number}")
        when = at("2026-05-16") + timedelta(minutes=number)
        happened(dealer, "milestone.reached", when, name="First order")
    reader = client_of(in_tenant, rep.user)
    reader.get(f"/field/{dealer.pk}/")
    with django_assert_num_queries(QUERIES):
        text = text_of(reader.get(f"/field/{dealer.pk}/"))
    assert text.count("Reached “First order”") == count
