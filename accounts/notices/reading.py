"""What an event has to say to people: its news, in the values that its kind's text speaks of.

An event carries all of it but the names of programs and accounts, which this floor knows.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.models import Enrollment, Event, Program, Tenant
from accounts.models.directory import EnrollmentState
from accounts.notices.certificates import NOTICES as CERTIFICATES
from accounts.notices.certificates import of_certificate
from accounts.notices.deals import deal_decided, deal_ending
from accounts.notices.earnings import EARNED, earned_by_day, points_earned
from accounts.notices.funds import fund_decided, fund_ending, fund_proof_wanted
from accounts.notices.kinds import FUND_STEPS, STATES, STEPS
from accounts.notices.leads import lead_expired, lead_offered, lead_silent, lead_withdrawn
from accounts.notices.news import Directory, News, directory
from accounts.notices.offers import offered
from accounts.notices.rebates import OF_REBATES
from accounts.notices.referrals import referral_decided
from accounts.notices.spiffs import award_paid, spiff_decided
from accounts.notices.together import plan_news, support_news, survey_asked
from accounts.periods import day_of

log = logging.getLogger(__name__)

BY_ITSELF = "system"


def read(events: Sequence[Event], *, tenant: Tenant) -> Iterator[News]:
    """The news in these events, in their order."""
    telling = [event for event in events if event.kind == EARNED or event.kind in _READERS]
    if not telling:
        return
    names = directory(telling, tenant)
    days = earned_by_day(telling, names.zone)
    for event in telling:
        if event.kind == EARNED:
            yield from points_earned(event, names, days)
        else:
            yield from _legible(event, names)


def _legible(event: Event, names: Directory) -> Iterator[News]:
    """One event that lacks what its text needs silences nobody else's: it is logged, and left."""
    try:
        yield from _READERS[event.kind](event, names)
    except (KeyError, ValueError):
        log.exception("Event %s (%s) does not say what people should hear.", event.id, event.kind)


def _day(instant: str | datetime, zone: ZoneInfo) -> date:
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return day_of(at, zone)


def _last_day(end: str, zone: ZoneInfo) -> date:
    """The last day before `end`: what ends at midnight on July 1 is good on June 30."""
    return day_of(datetime.fromisoformat(end) - timedelta(microseconds=1), zone)


def _welcome(event: Event, names: Directory) -> Iterator[News]:
    program = names.program_of(event)
    if event.account_id and program:
        yield _welcome_to(program, event.account_id, names)


def _newcomer(event: Event, names: Directory) -> Iterator[News]:
    """Somebody accepted an invitation to an account that takes part already."""
    what, _, member = event.actor.partition(":")
    if what != "member" or event.account_id is None:
        return
    joined = Enrollment.objects.filter(account_id=event.account_id, state=EnrollmentState.ACTIVE)
    for program_id in joined.values_list("program_id", flat=True):
        program = names.programs[str(program_id)]
        yield _welcome_to(program, event.account_id, names, member_id=UUID(member))


def _welcome_to(
    program: Program, account_id: UUID, names: Directory, *, member_id: UUID | None = None
) -> News:
    return News(
        kind="welcome",
        about=f"{account_id}:{program.id}",
        account_id=account_id,
        member_id=member_id,
        details=names.details(account_id, program),
    )


def _tier_near(event: Event, names: Directory) -> Iterator[News]:
    said = event.payload
    last = date.fromisoformat(said["period"][1]) - timedelta(days=1)
    more = {"tier": said["tier"], "percent": said["near_percent"], "day": last.isoformat()}
    yield from _of_tier("tier_near", event, names, **more)


def _tier_at_risk(event: Event, names: Directory) -> Iterator[News]:
    day = _day(event.payload["falls_at"], names.zone)
    more = {"tier": event.payload["tier"], "day": day.isoformat()}
    yield from _of_tier("tier_at_risk", event, names, **more)


def _tier_changed(event: Event, names: Directory) -> Iterator[News]:
    said = event.payload
    since = _day(event.occurred_at, names.zone)
    more = {"tier": said["to"], "tier_before": said["from"], "day": since.isoformat()}
    yield from _of_tier("tier_changed", event, names, **more)


def _of_tier(kind: str, event: Event, names: Directory, **more: Any) -> Iterator[News]:
    if event.account_id:
        yield News(
            kind=kind,
            about=str(event.id),
            account_id=event.account_id,
            details=names.details(event.account_id, names.program_of(event), **more),
        )


def _points_expiring(event: Event, names: Directory) -> Iterator[News]:
    said = event.payload
    if event.account_id:
        member = said["member"]
        yield News(
            kind="points_expiring",
            about=f"{event.subject}:{said['day']}:{said['stage']}",
            account_id=event.account_id,
            member_id=UUID(member) if member else None,
            details=names.details(
                event.account_id,
                names.program_of(event),
                points=said["points"],
                day=said["day"],
                days=said["days"],
            ),
        )


def _redemption(event: Event, names: Directory) -> Iterator[News]:
    """What somebody decided. What the system approves by itself was seen when it was asked for."""
    said, state = event.payload, event.kind.removeprefix("redemption.")
    by_itself = state == "approved" and event.actor == BY_ITSELF
    if event.account_id and state in STATES and not by_itself:
        yield News(
            kind="redemption_decided",
            about=f"{event.subject}:{state}",
            account_id=event.account_id,
            member_id=UUID(said["member"]) if said["member"] else None,
            details=names.details(
                event.account_id,
                names.program_of(event),
                redemption_id=event.subject.partition(":")[2],
                state=state,
                **{name: said[name] for name in ("reward", "points", "reference", "note")},
            ),
        )


def _campaign(event: Event, names: Directory) -> Iterator[News]:
    """To everybody in it; one with a trigger is told to whoever meets that (`_boost`)."""
    said, program = event.payload, names.program_of(event)
    if program is None or said["triggered"] or said["ends_at"] is None:
        return
    span = {
        "since": _day(said["starts_at"], names.zone).isoformat(),
        "day": _last_day(said["ends_at"], names.zone).isoformat(),
    }
    for account_id, name in offered(said, program=program):
        names.accounts[account_id] = name
        yield News(
            kind="offer",
            about=f"{event.subject}:{account_id}",
            account_id=account_id,
            details=names.details(account_id, program, campaign=said["name"], **span),
        )


def _boost(event: Event, names: Directory) -> Iterator[News]:
    if event.account_id:
        said = event.payload
        yield News(
            kind="offer",
            about=f"{event.subject}:{event.account_id}:{event.occurred_at.isoformat()}",
            account_id=event.account_id,
            details=names.details(
                event.account_id,
                names.program_of(event),
                campaign=said["name"],
                since=_day(event.occurred_at, names.zone).isoformat(),
                day=_last_day(said["until"], names.zone).isoformat(),
            ),
        )


def _monthly_status(event: Event, names: Directory) -> Iterator[News]:
    said = event.payload
    if event.account_id:
        yield News(
            kind="monthly_status",
            about=f"{event.subject}:{said['month']}",
            account_id=event.account_id,
            details=names.details(
                event.account_id,
                names.program_of(event),
                month=said["month"],
                earned=said["earned"] + said["taken_back"],
                redeemed=-said["redeemed"],
                expired=-said["expired"],
                points=said["available"],
            ),
        )


def _milestone(event: Event, names: Directory) -> Iterator[News]:
    if event.account_id:
        yield News(
            kind="milestone",
            about=f"{event.subject}:{event.account_id}",
            account_id=event.account_id,
            details=names.details(
                event.account_id, names.program_of(event), milestone=event.payload["name"]
            ),
        )


def _sales_decided(event: Event, names: Directory) -> Iterator[News]:
    """Once nothing of the report waits any more, however many sittings that took."""
    said = event.payload
    if event.account_id and not said["in_all"]["open"]:
        yield News(
            kind="sales_decided",
            about=event.subject,
            account_id=event.account_id,
            details=names.details(
                event.account_id,
                None,
                report=said["name"],
                report_id=event.subject.partition(":")[2],
                approved=said["in_all"]["approved"],
                rejected=said["in_all"]["rejected"],
            ),
        )


_READERS: dict[str, Callable[..., Iterator[News]]] = {
    "account.enrolled": _welcome,
    "invitation.accepted": _newcomer,
    "tier.near": _tier_near,
    "tier.at_risk": _tier_at_risk,
    "tier.changed": _tier_changed,
    "points.expiring": _points_expiring,
    **{f"redemption.{state}": _redemption for state in STATES},
    "campaign.published": _campaign,
    "campaign.boosted": _boost,
    "status.monthly": _monthly_status,
    "milestone.reached": _milestone,
    "sales.decided": _sales_decided,
    **{f"deal.{step}": deal_decided for step in STEPS},
    "deal.reminded": deal_ending,
    **{f"support.{step}": support_news for step in ("taken", "answered", "done", "declined")},
    **{f"plan.{step}": plan_news for step in ("proposed", "agreed", "rejected", "ended")},
    "survey.asked": survey_asked,
    "survey.reminded": survey_asked,
    **OF_REBATES,
    **{f"fund_request.{step}": fund_decided for step in FUND_STEPS},
    "fund_request.more_wanted": fund_proof_wanted,
    "fund_request.reminded": fund_proof_wanted,
    "fund.expiring": fund_ending,
    **{f"spiff_claim.{one}": spiff_decided for one in ("approved", "rejected", "taken_back")},
    "award.paid": award_paid,
    **{
        f"referral.{one}": referral_decided
        for one in ("qualified", "rejected", "won", "expired", "returned")
    },
    **dict.fromkeys(CERTIFICATES, of_certificate),
    "lead.offered": lead_offered,
    "lead.expired": lead_expired,
    "lead.withdrawn": lead_withdrawn,
    "lead.silent": lead_silent,
}
