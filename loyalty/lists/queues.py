"""What waits for a decision and what was decided: redemptions, missing purchases, adjustments."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Right, Upper
from django.utils.translation import gettext_lazy as _

from accounts.models import Claim, ClaimState
from loyalty.console.happenings import actor_names
from loyalty.lists.listed import (
    READERS,
    Asked,
    Found,
    Listed,
    ListFilter,
    Text,
    choice_filter,
    day_filter,
    in_order,
    moment_cell,
    money_cell,
    search_filter,
)
from loyalty.reward_words import STATES
from rewards.models import (
    Adjustment,
    AdjustmentAction,
    AdjustmentState,
    Redemption,
    RedemptionState,
    RewardType,
)

ALL = "all"
DECIDED_ALONE = (AdjustmentState.DRAFT, AdjustmentState.DISCARDED)


def _of_account(value: str) -> Q:
    return Q(account__name__icontains=value) | Q(account__number__istartswith=value)


class RedemptionFilter(ListFilter):
    q = search_filter(_("Reward, account or R-…"))
    type = choice_filter(_("Type"), field_name="reward__type")
    since = day_filter(_("From"), "since")
    until = day_filter(_("Through"), "until")
    moment = "requested_at"

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("type", RewardType.choices)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        fits = Q(reward__name__icontains=value) | _of_account(value)
        reference = value.upper().removeprefix("R-")
        # People read it out on the phone: the end of the identifier.
        ending = Right(Cast("id", TextField()), 8)
        return rows.alias(ending=Upper(ending)).filter(fits | Q(ending=reference))


def _redemptions(asked: Asked) -> Found:
    """Those that wait, the oldest first, unless the address asks for another state."""
    state = asked.query.get("state") or RedemptionState.REQUESTED
    rows = Redemption.objects.select_related(
        "reward__program", "account", "member", "wallet"
    ).prefetch_related("slots", "codes")
    rows = rows if state == ALL else rows.filter(state=state)
    filters = RedemptionFilter(asked, rows)
    first = ("requested_at", "id")
    if state != RedemptionState.REQUESTED:
        first = ("-requested_at", "-id")
    sorts = {
        "reward": "reward__name",
        "account": "account__name",
        "points": "points",
        "asked": "requested_at",
    }
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=first))


def _redemption_header(asked: Asked) -> Sequence[Text]:
    return (
        _("Reference"), _("Reward"), _("Type"), _("Account number"), _("Account"), _("Person"),
        _("Points"), _("State"), _("Asked for"), _("Decided"), _("Note"),
    )  # fmt: skip


def _redemption_lines(rows: Sequence[Redemption], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        yield (
            row.reference, row.reward.name, row.reward.get_type_display(), row.account.number,
            row.account.name, row.member.name if row.member else "", row.points,
            STATES[RedemptionState(row.state)].label, moment_cell(row.requested_at, asked),
            moment_cell(row.decided_at or row.closed_at, asked), row.note,
        )  # fmt: skip


REDEMPTIONS = Listed(
    code="redemptions",
    name=_("Redemptions"),
    url_name="console_redemptions",
    readers=READERS,
    find=_redemptions,
    header=_redemption_header,
    lines=_redemption_lines,
)


class ClaimFilter(ListFilter):
    q = search_filter(_("Document or account"))
    since = day_filter(_("Reported from"), "since")
    until = day_filter(_("Through"), "until")
    moment = "reported_at"

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(Q(document__icontains=value.strip()) | _of_account(value.strip()))


def _claims(asked: Asked) -> Found:
    """Open ones, the oldest first, unless the address asks for another state."""
    state = asked.query.get("state") or ClaimState.OPEN
    rows = Claim.objects.select_related("account", "member")
    filters = ClaimFilter(asked, rows if state == ALL else rows.filter(state=state))
    first = ("reported_at", "id") if state == ClaimState.OPEN else ("-reported_at", "-id")
    sorts = {
        "document": "document",
        "account": "account__name",
        "amount": "amount",
        "bought": "bought_on",
        "reported": "reported_at",
    }
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=first))


def _claim_header(asked: Asked) -> Sequence[Text]:
    return (
        _("Document"), _("Account number"), _("Account"),
        f"{_('Amount')} ({asked.tenant.currency})", _("Bought on"), _("Reported by"), _("Reported"),
        _("State"), _("Decided by"), _("Reason"),
    )  # fmt: skip


def _claim_lines(rows: Sequence[Claim], asked: Asked) -> Iterator[Sequence[object]]:
    names = actor_names({row.decided_by for row in rows})
    for row in rows:
        yield (
            row.document, row.account.number, row.account.name, money_cell(row.amount, asked),
            row.bought_on.isoformat(), row.member.name, moment_cell(row.reported_at, asked),
            row.get_state_display(), names.get(row.decided_by, ""), row.reason,
        )  # fmt: skip


CLAIMS = Listed(
    code="claims",
    name=_("Missing purchases"),
    url_name="console_claims",
    readers=READERS,
    find=_claims,
    header=_claim_header,
    lines=_claim_lines,
)


class AdjustmentFilter(ListFilter):
    q = search_filter(_("Account or reason"))
    state = choice_filter(_("State"))
    action = choice_filter(_("Kind"))
    since = day_filter(_("From"), "since")
    until = day_filter(_("Through"), "until")
    moment = "drafted_at"

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("state", AdjustmentState.choices, nothing=_("All but drafts"))
        self.offer("action", AdjustmentAction.choices)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(Q(reason__icontains=value.strip()) | _of_account(value.strip()))


def _adjustments(asked: Asked) -> Found:
    rows = Adjustment.objects.select_related("account", "program", "member")
    if not asked.query.get("state"):  # drafts and what came of none are their author's business
        rows = rows.exclude(state__in=DECIDED_ALONE)
    filters = AdjustmentFilter(asked, rows)
    sorts = {"account": "account__name", "points": "amount", "day": "drafted_at", "state": "state"}
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("-drafted_at", "-id")))


def _adjustment_header(asked: Asked) -> Sequence[Text]:
    return (
        _("Kind"), _("Points"), _("Account number"), _("Account"), _("Person"), _("Program"),
        _("Reason"), _("State"), _("Asked by"), _("Day"), _("Decided by"), _("Decided"), _("Note"),
    )  # fmt: skip


def _adjustment_lines(rows: Sequence[Adjustment], asked: Asked) -> Iterator[Sequence[object]]:
    names = actor_names({row.drafted_by for row in rows} | {row.decided_by for row in rows})
    for row in rows:
        yield (
            row.get_action_display(), row.amount, row.account.number, row.account.name,
            row.member.name if row.member else "", row.program.name, row.reason,
            row.get_state_display(), names.get(row.drafted_by, ""),
            moment_cell(row.drafted_at, asked), names.get(row.decided_by, ""),
            moment_cell(row.decided_at, asked), row.note,
        )  # fmt: skip


ADJUSTMENTS = Listed(
    code="adjustments",
    name=_("Adjustments"),
    url_name="console_adjustments",
    readers=READERS,
    find=_adjustments,
    header=_adjustment_header,
    lines=_adjustment_lines,
)
