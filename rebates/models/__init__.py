"""The tables of rebates, in the order in which money passes through them.

Agreement → AgreementVersion → Acceptance: what was promised, and who said yes. Accrual (and its
AccrualMoves): what is owed for a period on actuals, always in the ledger as pending money;
AccrualMark: up to which fact. Forecast → Estimate: the same as finance expects it, month by month.
Statement → StatementLine → Dispute: what a partner is told, and answers. Settlement: what was
approved, as available money, to be paid; SetOff: what corrections took off it before.
Payment: a settlement on its way to its BankDetails, in a PaymentRun; Credit: one that is no
transfer. JournalBatch → JournalLine: what of all this was handed to the general ledger, as
PostingAccounts said then. Beside them SalesReport → ReportedSale: what partners say they sold on.
"""

from rebates.models.accruals import (
    Accrual,
    AccrualMark,
    AccrualMove,
    Estimate,
    Forecast,
    MoveReason,
)
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
from rebates.models.journal import JournalBatch, JournalLine, Posting, PostingAccounts
from rebates.models.payments import (
    BankDetails,
    Credit,
    Payment,
    PaymentRun,
    PaymentState,
    PaymentTerms,
    RunState,
)
from rebates.models.sales import ReportedSale, SalesReport, SaleState
from rebates.models.statements import (
    Dispute,
    DisputeState,
    LineKind,
    LineState,
    SetOff,
    Settlement,
    SettlementState,
    Statement,
    StatementLine,
    StatementState,
)

__all__ = [
    "Acceptance",
    "Accrual",
    "AccrualMark",
    "AccrualMove",
    "Agreement",
    "AgreementState",
    "AgreementVersion",
    "BankDetails",
    "Credit",
    "Dispute",
    "DisputeState",
    "Estimate",
    "Forecast",
    "JournalBatch",
    "JournalLine",
    "LineKind",
    "LineState",
    "Method",
    "MoveReason",
    "PaidTo",
    "Party",
    "Payment",
    "PaymentRun",
    "PaymentState",
    "PaymentTerms",
    "Period",
    "Posting",
    "PostingAccounts",
    "ReportedSale",
    "RunState",
    "SaleState",
    "SalesReport",
    "SetOff",
    "Settlement",
    "SettlementState",
    "Settles",
    "Statement",
    "StatementLine",
    "StatementState",
]
