"""What waits for somebody's decision: one line for each queue."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import ngettext_lazy

from accounts.models import Claim, ClaimState
from partners.models import (
    Deal,
    DealState,
    FundRequest,
    Lead,
    LeadState,
    ProfileState,
    ProfileVersion,
    Referral,
    ReferralState,
    RequestState,
    SpiffClaim,
    SpiffClaimState,
)
from rebates.models import (
    Dispute,
    DisputeState,
    PaymentRun,
    RunState,
    SalesReport,
    Statement,
    StatementState,
)
from rewards.models import Adjustment, AdjustmentState, Redemption, RedemptionState
from tiers.models import Pin
from tiers.models.standings import PinState


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """`rows` wait since their column `since`; `said` tells of `count` ones; `page` with the
    parameters `asked` is where they are decided, and `kind` theirs in the inbox. Their
    count is read by an index."""

    rows: Callable[[], QuerySet]
    since: str
    said: Any
    page: str
    asked: dict[str, str]
    icon: str
    kind: str

    @property
    def url(self) -> str:
        return f"{reverse(self.page)}?{urlencode(self.asked)}" if self.asked else reverse(self.page)


QUEUES = (
    Queue(
        rows=lambda: Redemption.objects.filter(state=RedemptionState.REQUESTED),
        since="requested_at",
        said=ngettext_lazy(
            "%(count)s redemption waits for approval",
            "%(count)s redemptions wait for approval",
            "count",
        ),
        page="console_redemptions",
        asked={},
        icon="gift",
        kind="redemption",
    ),
    Queue(
        rows=lambda: Adjustment.objects.filter(state=AdjustmentState.PENDING),
        since="submitted_at",
        said=ngettext_lazy(
            "%(count)s adjustment waits for approval",
            "%(count)s adjustments wait for approval",
            "count",
        ),
        page="console_adjustments",
        asked={"state": AdjustmentState.PENDING.value},
        icon="pencil-square",
        kind="adjustment",
    ),
    Queue(
        rows=lambda: Claim.objects.filter(state=ClaimState.OPEN),
        since="reported_at",
        said=ngettext_lazy(
            "%(count)s missing purchase waits to be looked at",
            "%(count)s missing purchases wait to be looked at",
            "count",
        ),
        page="console_claims",
        asked={},
        icon="document-magnifying-glass",
        kind="claim",
    ),
    Queue(
        rows=lambda: SalesReport.objects.filter(decided_at=None),
        since="reported_at",
        said=ngettext_lazy(
            "%(count)s report of sales waits to be looked at",
            "%(count)s reports of sales wait to be looked at",
            "count",
        ),
        page="console_sales",
        asked={},
        icon="document-check",
        kind="sales",
    ),
    Queue(
        rows=lambda: PaymentRun.objects.filter(state=RunState.PREPARED),
        since="prepared_at",
        said=ngettext_lazy(
            "%(count)s payment run waits for approval",
            "%(count)s payment runs wait for approval",
            "count",
        ),
        page="console_payments",
        asked={},
        icon="banknotes",
        kind="payments",
    ),
    Queue(
        rows=lambda: Deal.objects.filter(
            Q(state=DealState.REGISTERED) | Q(extension_asked_at__isnull=False)
        ),
        since="registered_at",
        said=ngettext_lazy(
            "%(count)s deal waits to be decided", "%(count)s deals wait to be decided", "count"
        ),
        page="console_deals",
        asked={"state": DealState.REGISTERED.value, "sort": "oldest"},
        icon="briefcase",
        kind="deal",
    ),
    Queue(
        rows=lambda: Statement.objects.filter(state=StatementState.ACCEPTED),
        since="accepted_at",
        said=ngettext_lazy(
            "%(count)s rebate statement waits for approval",
            "%(count)s rebate statements wait for approval",
            "count",
        ),
        page="console_rebate_statements",
        asked={"state": StatementState.ACCEPTED.value},
        icon="banknotes",
        kind="statement",
    ),
    Queue(
        rows=lambda: Dispute.objects.filter(state=DisputeState.OPEN),
        since="opened_at",
        said=ngettext_lazy(
            "%(count)s line of a rebate is disputed",
            "%(count)s lines of rebates are disputed",
            "count",
        ),
        page="console_rebate_statements",
        asked={"state": "disputed"},
        icon="chat-bubble-left-right",
        kind="dispute",
    ),
    Queue(
        rows=lambda: FundRequest.objects.filter(state=RequestState.REQUESTED),
        since="requested_at",
        said=ngettext_lazy(
            "%(count)s fund request waits to be decided",
            "%(count)s fund requests wait to be decided",
            "count",
        ),
        page="console_fund_requests",
        asked={"state": RequestState.REQUESTED.value, "sort": "oldest"},
        icon="megaphone",
        kind="fund_request",
    ),
    Queue(
        rows=lambda: FundRequest.objects.filter(state=RequestState.CLAIMED),
        since="requested_at",
        said=ngettext_lazy(
            "%(count)s fund claim waits to be checked",
            "%(count)s fund claims wait to be checked",
            "count",
        ),
        page="console_fund_requests",
        asked={"state": RequestState.CLAIMED.value, "sort": "oldest"},
        icon="megaphone",
        kind="fund_claim",
    ),
    Queue(
        rows=lambda: FundRequest.objects.filter(state=RequestState.ACCEPTED),
        since="requested_at",
        said=ngettext_lazy(
            "%(count)s fund claim waits to be paid",
            "%(count)s fund claims wait to be paid",
            "count",
        ),
        page="console_fund_requests",
        asked={"state": RequestState.ACCEPTED.value, "sort": "oldest"},
        icon="megaphone",
        kind="fund_payment",
    ),
    Queue(
        rows=lambda: SpiffClaim.objects.filter(state=SpiffClaimState.OPEN),
        since="claimed_at",
        said=ngettext_lazy(
            "%(count)s SPIFF claim waits to be looked at",
            "%(count)s SPIFF claims wait to be looked at",
            "count",
        ),
        page="console_spiff_claims",
        asked={},
        icon="bolt",
        kind="spiff",
    ),
    Queue(
        rows=lambda: Referral.objects.filter(state=ReferralState.RECEIVED),
        since="referred_at",
        said=ngettext_lazy(
            "%(count)s referral waits to be looked at",
            "%(count)s referrals wait to be looked at",
            "count",
        ),
        page="console_referrals",
        asked={},
        icon="user-plus",
        kind="referral",
    ),
    Queue(
        rows=lambda: Lead.objects.filter(state=LeadState.OPEN),
        since="received_at",
        said=ngettext_lazy(
            "%(count)s lead is with nobody", "%(count)s leads are with nobody", "count"
        ),
        page="console_leads",
        asked={"state": LeadState.OPEN.value},
        icon="inbox",
        kind="",
    ),
    Queue(
        rows=lambda: ProfileVersion.objects.filter(state=ProfileState.PROPOSED),
        since="proposed_at",
        said=ngettext_lazy(
            "%(count)s directory page waits for approval",
            "%(count)s directory pages wait for approval",
            "count",
        ),
        page="console_directory",
        asked={},
        icon="building-storefront",
        kind="directory",
    ),
)

PINS = ngettext_lazy(
    "%(count)s tier set by hand waits for approval",
    "%(count)s tiers set by hand wait for approval",
    "count",
)


def proposed_pins() -> list[Pin]:
    """Tiers set by hand that wait, the oldest first: each is decided where the enrollment's tiers
    are, so that there is no one page for all."""
    return list(Pin.objects.filter(state=PinState.PROPOSED).order_by("asked_at", "id"))
