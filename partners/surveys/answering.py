"""An answer: given once, by the person who was asked, while the survey is open; a fact like any
other, so that the measure “satisfaction” and the tiers that ask for it know it in the same second.

Scores are on one scale from 0 to 10, so that an average of several surveys means something: a
recommendation is that already, and a satisfaction from 1 to 5 is spread over it in equal steps.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.attributes import Attribute
from accounts.facts import Fact
from accounts.kinds import add_kind
from accounts.models import Activity, ActivityKind, Member
from partners.models import Scale, SurveyAsked
from partners.surveys.telling import tell
from rewards.intake import take_in

SOURCE = "surveys"
KIND = "satisfaction"
LONGEST_COMMENT = 1000
RANGES = {Scale.NPS: (0, 10), Scale.CSAT: (1, 5)}


class CannotAnswer(ValueError):
    """Its text says why; nothing was taken in."""


def score_of(scale: str, answer: int) -> Decimal:
    """From 0 to 10: of 1 to 5 it is 0, 2.5, 5, 7.5 or 10."""
    return Decimal(answer) if scale == Scale.NPS else Decimal(answer - 1) * 10 / 4


def answer(
    asked_id: UUID,
    *,
    member: Member,
    value: int,
    comment: str,
    zone: ZoneInfo,
    now: datetime,
) -> SurveyAsked:
    """Raises SurveyAsked.DoesNotExist for what another was asked, and CannotAnswer. The same answer
    again is answered with the first."""
    comment = comment.strip()
    if len(comment) > LONGEST_COMMENT:
        raise CannotAnswer(_("Say it in at most %d characters.") % LONGEST_COMMENT)
    with transaction.atomic():
        rows = SurveyAsked.objects.select_for_update(of=("self",))
        asked = rows.select_related("survey", "account").get(pk=asked_id, member=member)
        if asked.answered_at is not None:
            if (asked.answer, asked.comment) == (value, comment):
                return asked
            raise CannotAnswer(_("You have answered already, and that stays. Thank you."))
        if asked.closes_at <= now:
            raise CannotAnswer(_("It is closed meanwhile; the next one comes."))
        least, most = RANGES[Scale(asked.scale)]
        if not least <= value <= most:
            raise CannotAnswer(
                _("Choose a number from %(least)d to %(most)d.") % {"least": least, "most": most}
            )
        asked.answered_at, asked.answer, asked.comment = now, value, comment
        asked.activity = _taken_in(asked, member, now=now)
        asked.save(update_fields=["answered_at", "answer", "comment", "activity"])
        score = score_of(asked.scale, value)
        more = {"answer": value, "score": f"{score.normalize():f}", "comment": comment}
        tell([asked], "answered", actor=member.actor, now=now, zone=zone, **more)
    return asked


def _taken_in(asked: SurveyAsked, member: Member, *, now: datetime) -> Activity:
    _have_the_kind(actor=member.actor, now=now)
    score = score_of(asked.scale, asked.answer or 0)
    fact = Fact(
        account=asked.account.number,
        kind=KIND,
        external_id=str(asked.pk),
        line="1",
        occurred_at=now,
        amount=0,
        quantity=Decimal(1),
        product="",
        # As `accounts.facts` keeps numbers; 2.5 and 7.5 are exact in either form.
        attributes={
            "score": int(score) if score == int(score) else float(score),
            "survey": asked.survey.name,
        },
        reverses=None,
        member=member.user.email,
    )
    [outcome] = take_in([fact], source=SOURCE, actor=member.actor, as_of=now)
    if outcome.status != "accepted":
        raise CannotAnswer(_("It cannot be taken in: %s") % outcome.reason)
    return Activity.objects.get(source=SOURCE, external_id=fact.external_id, line=fact.line)


def _have_the_kind(*, actor: str, now: datetime) -> None:
    """Tenants have it from the first answer on."""
    if not ActivityKind.objects.filter(code=KIND).exists():
        says = [Attribute("score", "number"), Attribute("survey")]
        add_kind(code=KIND, name=_("Satisfaction score"), attributes=says, actor=actor, now=now)
