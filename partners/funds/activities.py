"""Kinds of activities that funds are for: what is asked, what a claim must prove, what is paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.attributes import Attribute, check_declaration
from accounts.facts import MAX_AMOUNT
from accounts.models import Enrollment, Segment
from accounts.segments import accounts_in
from partners.models import FundActivity
from tiers.queries import tier_on

MOST_PROOFS = 10
LONGEST_PROOF = 60


class BadActivity(ValueError):
    """Its text says what to change, in `field` where it is one; nothing was kept."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """See FundActivity. `most` in the smallest unit, None without limit."""

    name: str
    description: str = ""
    fields: Sequence[Attribute] = ()
    proofs: Sequence[str] = ()
    share: Decimal = Decimal(50)
    most: int | None = None
    claim_days: int = 45
    segment: Segment | None = None
    tiers: Sequence[str] = ()
    is_active: bool = True


def add_activity(*, terms: Terms, actor: str, now: datetime) -> FundActivity:
    """Raises BadActivity, and BadAttribute for fields that make no sense."""
    activity = FundActivity(created_at=now, created_by=actor)
    return _keep(activity, terms, "fund_activity.added", actor=actor, now=now)


def change_activity(*, activity_id: UUID, terms: Terms, actor: str, now: datetime) -> FundActivity:
    """Requests approved before keep their amount and share; their claims bring what is demanded
    then. Raises BadActivity, and BadAttribute for fields that make no sense."""
    with transaction.atomic():
        activity = FundActivity.objects.select_for_update(of=("self",), no_key=True).get(
            pk=activity_id
        )
        return _keep(activity, terms, "fund_activity.changed", actor=actor, now=now)


def why_not_for(activity: FundActivity, enrollment: Enrollment, *, now: datetime) -> str:
    """Why an account cannot ask for this kind of activity; "" where it can."""
    if not activity.is_active:
        return _("This activity is not offered any more.")
    segment = activity.segment
    if segment and not accounts_in(segment.condition).filter(pk=enrollment.account_id).exists():
        return _("This activity is for other accounts.")
    if activity.tiers:
        held = tier_on(enrollment_id=enrollment.pk, instant=now)
        if held is None or held.name not in activity.tiers:
            return _("This activity is for the tiers %s.") % ", ".join(activity.tiers)
    return ""


def _check(terms: Terms) -> None:
    check_declaration(terms.fields)
    if not terms.name.strip():
        raise BadActivity(_("Give it a name."), "name")
    if not 0 < terms.share <= 100 or terms.share != round(terms.share, 2):
        raise BadActivity(_("A share is above 0 and at most 100 percent."), "share")
    if terms.most is not None and not 0 < terms.most <= MAX_AMOUNT:
        raise BadActivity(_("An amount above zero, or none at all."), "most")
    if not 1 <= terms.claim_days <= 365:
        raise BadActivity(_("From 1 to 365 days."), "claim_days")
    is_long = any(not 0 < len(proof) <= LONGEST_PROOF for proof in terms.proofs)
    if len(terms.proofs) > MOST_PROOFS or len(set(terms.proofs)) < len(terms.proofs) or is_long:
        raise BadActivity(
            _("Name each kind of proof once, in at most %(longest)d characters; at most %(most)d.")
            % {"longest": LONGEST_PROOF, "most": MOST_PROOFS},
            "proofs",
        )


def _keep(
    activity: FundActivity, terms: Terms, kind: str, *, actor: str, now: datetime
) -> FundActivity:
    _check(terms)
    for name in ("name", "description", "share", "most", "claim_days", "segment", "is_active"):
        setattr(activity, name, getattr(terms, name))
    activity.fields = [one.as_json() for one in terms.fields]
    activity.proofs, activity.tiers = list(terms.proofs), list(terms.tiers)
    try:
        with transaction.atomic():
            activity.save()
            events.record(
                kind=kind,
                occurred_at=now,
                recorded_at=now,
                actor=actor,
                subject=f"fund_activity:{activity.pk}",
                payload={
                    "name": activity.name,
                    "fields": activity.fields,
                    "proofs": activity.proofs,
                    "share": str(activity.share),
                    "most": activity.most,
                    "is_active": activity.is_active,
                },
            )
    except IntegrityError as error:
        if "fund_activity_name_is_unique" not in str(error):
            raise
        raise BadActivity(_("There is an activity of this name already."), "name") from None
    return activity
