"""The tables of rebates, in the order in which money passes through them.

Agreement → AgreementVersion → Acceptance: what was promised, and who said yes. Accrual (and its
AccrualMoves): what is owed for a period on actuals, always in the ledger as pending money. Forecast
→ Estimate: the same as finance expects it, month by month. Statement → StatementLine → Dispute:
what a partner is told, and answers. Settlement: what was approved, as available money, to be paid.
"""

from rebates.models.accruals import Accrual, AccrualMove, Estimate, Forecast, MoveReason
from rebates.models.agreements import (
    Acceptance,
    Agreement,
    AgreementState,
    AgreementVersion,
    Method,
    PaidTo,
    Party,
    Period,
    Settles,
)
from rebates.models.statements import (
    Dispute,
    DisputeState,
    LineKind,
    LineState,
    Settlement,
    SettlementState,
    Statement,
    StatementLine,
    StatementState,
)

__all__ = [
    "Acceptance",
    "Accrual",
    "AccrualMove",
    "Agreement",
    "AgreementState",
    "AgreementVersion",
    "Dispute",
    "DisputeState",
    "Estimate",
    "Forecast",
    "LineKind",
    "LineState",
    "Method",
    "MoveReason",
    "PaidTo",
    "Party",
    "Period",
    "Settlement",
    "SettlementState",
    "Settles",
    "Statement",
    "StatementLine",
    "StatementState",
]
