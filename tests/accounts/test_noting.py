"""Events become notices: to whom, in which words, and never twice."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from accounts.models import Enrollment, Notice, Staff
from accounts.models.notice import Frequency
from accounts.notices.kinds import KINDS
from accounts.notices.manners import Choice, change_choices, change_manners
from accounts.segments import define_segment
from accounts.tenancy import tenant_scope
from tests.accounts.told import NOW, happened, noted, read_by
from tests.factories import (
    LONG_AGO,
    AccountFactory,
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    enrolled_account,
)

TOMORROW_AT_EIGHT = datetime(2026, 5, 21, 12, tzinfo=UTC)  # in New York
MONDAY_AT_EIGHT = datetime(2026, 5, 25, 12, tzinfo=UTC)


@pytest.fixture
def program(in_tenant):
    return ProgramFactory(name="Acme Rewards")


@pytest.fixture
def rep(in_tenant) -> Staff:
    return StaffFactory(name="Riley Rep", role="rep")


@pytest.fixture
def dealer(program, rep):
    return enrolled_account(program, name="Harbor Bikes", rep=rep)


def earned(account, program, points: int, *, at: datetime = NOW - timedelta(minutes=1)):
    return happened("points.earned", account=account, at=at, program=str(program.id), points=points)


def moved(account, *, before: str = "Silver", to: str = "Gold"):
    subject = f"enrollment:{Enrollment.objects.get(account=account).id}"
    more = {"from": before, "to": to, "cause": "reached"}
    return happened("tier.changed", account=account, subject=subject, **more)


def decided(account, what: str, *, member=None, actor: str = "staff:x", program=None):
    return happened(
        f"redemption.{what}",
        account=account,
        subject=f"redemption:{uuid4()}",
        actor=actor,
        program=str(program.id) if program else "",
        reference="R-1A2B3C4D",
        reward="Gift card",
        points=2500,
        member=str(member.id) if member else "",
        note="Ask your rep.",
    )


def due_of(member) -> datetime | None:
    return Notice.objects.get(user=member.user).letter_due_at


def test_a_change_of_tier_is_told_to_the_accounts_people_and_their_rep(dealer, rep):
    partner, viewer = (
        MemberFactory(account=dealer),
        MemberFactory(account=dealer, portal_role="viewer"),
    )
    gone = MemberFactory(account=dealer, is_active=False)
    neighbor = MemberFactory()

    assert noted(moved(dealer)) == 3

    words = (
        "Harbor Bikes is Gold now",
        "Harbor Bikes has the tier Gold in Acme Rewards since May 20, 2026; before, it was Silver.",
    )
    assert [read_by(one.user) for one in (partner, viewer, rep)] == [[words]] * 3
    assert [read_by(one.user) for one in (gone, neighbor)] == [[], []]
    assert due_of(partner) == NOW
    assert due_of(rep) == TOMORROW_AT_EIGHT


def test_the_same_is_never_said_twice_though_events_come_again(dealer, program):
    MemberFactory(account=dealer)
    events = [moved(dealer), decided(dealer, "approved", program=program)]

    assert noted(*events) == 3
    assert noted(*events) == 0
    assert noted(*reversed(events), now=NOW + timedelta(days=1)) == 0
    assert Notice.objects.count() == 3


def test_a_days_earnings_are_one_notice_that_grows_until_the_day_is_over(dealer, program):
    partner = MemberFactory(account=dealer)
    change_choices(
        user=partner.user,
        choices={"points_earned": Choice(in_inbox=True, by_letter=Frequency.DAILY)},
        actor=partner.actor,
        now=NOW,
    )
    morning = earned(dealer, program, 100, at=NOW - timedelta(hours=2))
    noon = earned(dealer, program, 1_140)
    yesterday = earned(dealer, program, 7, at=NOW - timedelta(days=1))

    assert noted(morning) == 1
    assert noted(noon, yesterday) == 1
    assert noted(noon, morning) == 0

    assert read_by(partner.user) == [
        (
            "1,240 points earned on May 20, 2026",
            "Harbor Bikes earned 1,240 points in Acme Rewards on May 20, 2026.",
        ),
        (
            "7 points earned on May 19, 2026",
            "Harbor Bikes earned 7 points in Acme Rewards on May 19, 2026.",
        ),
    ]
    due = Notice.objects.values_list("letter_due_at", flat=True)
    assert set(due) == {TOMORROW_AT_EIGHT}


def test_a_letter_of_the_day_waits_for_the_end_of_the_tenants_day(dealer, program):
    """In Tokyo it is the next morning long before New York's day is over."""
    partner = MemberFactory(account=dealer)
    change_manners(
        user=partner.user, language="", time_zone="Asia/Tokyo", quiet_from=None, quiet_until=None
    )
    daily = {"points_earned": Choice(in_inbox=True, by_letter=Frequency.DAILY)}
    change_choices(user=partner.user, choices=daily, actor="x", now=NOW)
    early = datetime(2026, 5, 20, 5, tzinfo=UTC)  # 1 am in New York, 2 pm in Tokyo

    noted(earned(dealer, program, 5, at=early), now=early)

    # 8 am on May 21 in Tokyo is 7 pm on May 20 in New York: the next morning it is
    assert due_of(partner) == datetime(2026, 5, 21, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "morning"),
    [
        ("2026-03-28 12:00", "2026-03-29 06:00"),  # summer time begins in the night
        ("2026-10-24 12:00", "2026-10-25 07:00"),  # and ends
    ],
)
def test_mornings_are_on_the_readers_clock_whatever_it_did_at_night(dealer, day, morning):
    partner = MemberFactory(account=dealer)
    now = datetime.fromisoformat(day).replace(tzinfo=UTC)
    change_manners(
        user=partner.user, language="", time_zone="Europe/Berlin", quiet_from=None, quiet_until=None
    )
    daily = {"milestone": Choice(in_inbox=True, by_letter=Frequency.DAILY)}
    change_choices(user=partner.user, choices=daily, actor="x", now=now)

    more = {"subject": "milestone:m", "program": "", "code": "first", "name": "First"}
    noted(happened("milestone.reached", account=dealer, now=now, **more), now=now)

    assert due_of(partner) == datetime.fromisoformat(morning).replace(tzinfo=UTC)


def test_letters_of_the_week_come_on_monday_morning(dealer, program):
    partner = MemberFactory(account=dealer)

    noted(earned(dealer, program, 5))

    assert due_of(partner) == MONDAY_AT_EIGHT


def test_who_wants_to_hear_nothing_of_a_kind_hears_nothing(dealer):
    silent, only_inbox = MemberFactory(account=dealer), MemberFactory(account=dealer)
    for member, in_inbox in ((silent, False), (only_inbox, True)):
        never = {"tier_changed": Choice(in_inbox=in_inbox, by_letter=Frequency.NEVER)}
        change_choices(user=member.user, choices=never, actor="x", now=NOW)

    noted(moved(dealer))

    assert read_by(silent.user) == []
    assert (len(read_by(only_inbox.user)), due_of(only_inbox)) == (1, None)


def test_a_decision_is_told_to_whom_it_is_for_and_else_to_the_admins(dealer, program, rep):
    admin = MemberFactory(account=dealer)
    asker = MemberFactory(account=dealer, portal_role="member", name="Kim")
    noted(
        decided(dealer, "rejected", member=asker, program=program),
        decided(dealer, "fulfilled", program=program),
        decided(dealer, "approved", actor="system", program=program),
        decided(dealer, "requested", program=program),
        decided(dealer, "canceled", program=program),
    )

    assert read_by(asker.user) == [
        (
            "Gift card: not approved",
            (
                "Hello Kim,\n\n“Gift card” for 2,500 points (R-1A2B3C4D): not approved."
                "\n\nAsk your rep."
            ),
        )
    ]
    assert [subject for subject, _ in read_by(admin.user)] == ["Gift card: done"]
    assert read_by(rep.user) == []


def test_expiring_points_are_told_to_those_who_can_use_them_once_for_each_warning(dealer, program):
    admin = MemberFactory(account=dealer)
    viewer = MemberFactory(account=dealer, portal_role="viewer")

    def warning(stage: int):
        return happened(
            "points.expiring",
            account=dealer,
            subject="wallet:w",
            program=str(program.id),
            member="",
            points=1,
            day="2026-06-30",
            days=stage,
            stage=stage,
        )

    assert noted(warning(30), warning(30), warning(7)) == 4  # the rep is told, too

    assert read_by(admin.user)[0] == (
        "Expiring after June 30, 2026: 1 point",
        (
            "To be used until June 30, 2026: 1 point of Harbor Bikes in Acme Rewards. "
            "The portal shows what you can have for them."
        ),
    )
    assert read_by(viewer.user) == []


def test_a_campaign_is_offered_to_the_accounts_of_its_segment(in_tenant, program):
    north = enrolled_account(program, name="North", region="North")
    south = enrolled_account(program, name="South", region="South")
    outside = AccountFactory(name="Outside", region="North")
    people = {one.name: MemberFactory(account=one).user for one in (north, south, outside)}
    condition = {"field": "region", "op": "eq", "value": "North"}
    define_segment(code="north", name="North", condition=condition, actor="x", now=LONG_AGO)
    event = happened(
        "campaign.published",
        subject="campaign:c",
        program=program.slug,
        code="spring",
        name="Spring double",
        # of what is bought, an account can say nothing
        condition={
            "all": [
                {"field": "segment", "op": "eq", "value": "north"},
                {"field": "line", "op": "eq", "value": "Bikes"},
            ]
        },
        segments={"north": condition},
        starts_at="2026-06-01T04:00:00+00:00",
        ends_at="2026-07-01T04:00:00+00:00",
        triggered=False,
    )

    assert noted(event) == 1
    assert noted(event) == 0
    assert read_by(people["North"]) == [
        (
            "Spring double: an offer for North",
            (
                "“Spring double” raises what North earns in Acme Rewards from June 1, 2026 to "
                "June 30, 2026. The portal says how."
            ),
        )
    ]
    assert [read_by(people[name]) for name in ("South", "Outside")] == [[], []]


def test_newcomers_are_welcomed_once_however_they_came(dealer, program):
    first = MemberFactory(account=dealer, name="Ada")
    subject = f"enrollment:{Enrollment.objects.get(account=dealer).id}"
    joined = happened("account.enrolled", account=dealer, subject=subject, program=program.slug)
    noted(joined)
    second = MemberFactory(account=dealer, name="Ben")
    accepted = happened(
        "invitation.accepted", account=dealer, subject="invitation:i", actor=second.actor
    )

    assert noted(accepted, joined) == 1
    assert [len(read_by(one.user)) for one in (first, second)] == [1, 1]
    assert read_by(second.user)[0] == (
        "Welcome to Acme Rewards",
        (
            "Hello Ben,\n\nAcme Corp. welcomes Harbor Bikes to Acme Rewards. In the portal you "
            "see your points, what you can have for them, and the way to the next tier."
        ),
    )


def test_a_months_status_says_what_the_ledger_says(dealer, program):
    partner = MemberFactory(account=dealer)
    event = happened(
        "status.monthly",
        account=dealer,
        subject="enrollment:e",
        program=str(program.id),
        month="2026-04-01",
        opening=1_000,
        earned=500,
        taken_back=-20,
        redeemed=-300,
        expired=-80,
        adjusted=0,
        transferred=0,
        closing=1_100,
        available=900,
    )
    event.subject = f"enrollment:{Enrollment.objects.get(account=dealer).id}"

    noted(event)

    assert read_by(partner.user) == [
        (
            "Acme Rewards in April 2026",
            (
                "Harbor Bikes in Acme Rewards, April 2026:\n\nEarned: 480 points\n"
                "Redeemed: 300 points\nExpired: 80 points\nAt the end of the month: 900 points"
            ),
        )
    ]


def test_the_rest_of_what_happens(dealer, program):
    partner = MemberFactory(account=dealer)
    subject = f"enrollment:{Enrollment.objects.get(account=dealer).id}"
    about = {"account": dealer, "subject": subject}
    noted(
        happened(
            "tier.near", **about, tier="Gold", near_percent=85, period=["2026-04-01", "2026-07-01"]
        ),
        happened(
            "tier.at_risk",
            **about,
            tier="Silver",
            falls_at="2026-06-30T04:00:00+00:00",
        ),
        happened(
            "milestone.reached",
            account=dealer,
            subject="milestone:m",
            program=program.slug,
            code="first",
            name="First order",
        ),
        happened(
            "campaign.boosted",
            account=dealer,
            subject="campaign:c",
            program=str(program.id),
            campaign="skilled",
            name="Skilled",
            until="2026-06-01T04:00:00+00:00",
        ),
    )

    assert (
        "Gold is near",
        (
            "Harbor Bikes is close to Gold in Acme Rewards: at least 85% of the way, with time "
            "until June 30, 2026. The portal shows what is still missing."
        ),
    ) in read_by(partner.user)
    assert {subject for subject, _ in read_by(partner.user)} == {
        "Gold is near",
        "Silver is at risk",
        "Harbor Bikes reached “First order”",
        "Skilled: an offer for Harbor Bikes",
    }


def test_an_event_that_cannot_be_read_silences_no_other(dealer, caplog):
    partner = MemberFactory(account=dealer)
    subject = f"enrollment:{Enrollment.objects.get(account=dealer).id}"
    broken = happened("tier.at_risk", account=dealer, subject=subject, tier="Gold")

    assert noted(broken, moved(dealer)) == 2

    assert len(read_by(partner.user)) == 1
    assert f"Event {broken.id} (tier.at_risk) does not say what people should hear." in caplog.text


def test_what_is_a_week_old_is_no_news(dealer):
    """A history that is worked off tells nobody anything."""
    MemberFactory(account=dealer)
    event = moved(dealer)

    assert noted(event, now=event.recorded_at + timedelta(days=7)) == 0
    assert Notice.objects.count() == 0
    assert noted(event, now=event.recorded_at + timedelta(days=7, seconds=-1)) == 2


def test_nobody_is_told_of_another_tenants_accounts(dealer, other_tenant):
    member = MemberFactory(account=dealer)
    event = moved(dealer)
    with tenant_scope(other_tenant.id):
        MemberFactory(user=member.user)  # the same person, known there as well
        assert noted(event) == 0
        assert Notice.objects.count() == 0


def test_whatever_comes_again_says_nothing_twice(dealer, program):
    """Everything once more, in other batches: nothing is new. `make chaos` has ten thousand."""
    MemberFactory.create_batch(4, account=dealer)  # and the rep
    events = [moved(dealer, to=f"Tier {n}") for n in range(100)]

    assert sum(noted(*events[n : n + 25]) for n in range(0, 100, 25)) == 500
    assert sum(noted(*events[n : n + 30]) for n in range(0, 100, 30)) == 0
    assert Notice.objects.count() == 500


def test_every_kind_can_be_said_and_offers_what_it_does_by_itself():
    for kind in KINDS.values():
        assert kind.often in kind.may_choose
        assert len({one.name for one in kind.placeholders}) == len(kind.placeholders)
