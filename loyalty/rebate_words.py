"""Rebates in words: states with their look, periods, statements with their lines and disputes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_skeleton
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.periods import day_of
from loyalty.console.happenings import actor_names
from loyalty.rebate_terms import sold_text
from loyalty.reward_words import StateLook
from rebates.models import (
    Agreement,
    AgreementState,
    Dispute,
    DisputeState,
    LineKind,
    LineState,
    Method,
    Party,
    Period,
    Settlement,
    SettlementState,
    Statement,
    StatementLine,
    StatementState,
)
from rebates.terms import parse_terms
from rewards.voice import Voice

# state -> (icon, tone)
_AGREEMENT_LOOKS = {
    AgreementState.DRAFT: ("pencil", "warn"),
    AgreementState.OFFERED: ("paper-airplane", "brand"),
    AgreementState.ACCEPTED: ("hand-thumb-up", "brand"),
    AgreementState.RUNNING: ("check-circle", "good"),
    AgreementState.CLOSED: ("archive-box", ""),
}
_STATEMENT_LOOKS = {
    StatementState.OPEN: ("clock", "warn"),
    StatementState.ACCEPTED: ("hand-thumb-up", "brand"),
    StatementState.APPROVED: ("check-circle", "good"),
}
_LINE_LOOKS = {
    LineState.STATED: ("document-text", ""),
    LineState.DISPUTED: ("chat-bubble-left-right", "bad"),
    LineState.RESOLVED: ("scale", "brand"),
    LineState.SETTLED: ("check-circle", "good"),
}
_DISPUTE_LOOKS = {
    DisputeState.OPEN: ("chat-bubble-left-right", "bad"),
    DisputeState.WITHDRAWN: ("arrow-uturn-left", ""),
    DisputeState.REJECTED: ("x-mark", "warn"),
    DisputeState.AGREED: ("hand-thumb-up", "good"),
}
_SETTLEMENT_LOOKS = {
    SettlementState.APPROVED: ("clock", "brand"),
    SettlementState.PAID: ("check-circle", "good"),
    SettlementState.RETURNED: ("arrow-uturn-left", "bad"),
    SettlementState.CARRIED: ("forward", "warn"),
    SettlementState.SET_OFF: ("scale", ""),
}
_SKELETONS = {Period.MONTH: "yMMMM", Period.QUARTER: "yQQQ", Period.YEAR: "y"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeWords:
    """`opened_by` and `resolved_by` are people's names, where they are known."""

    dispute: Dispute
    look: StateLook
    opened_by: str
    resolved_by: str

    @property
    def is_open(self) -> bool:
        return self.dispute.state == DisputeState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWords:
    """`note` says which period it is of, or corrects; `sold` what it was worked out from."""

    line: StatementLine
    title: str
    note: str
    sold: str
    look: StateLook
    dispute: DisputeWords | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementWords:
    """A statement for its reader. `disputed` is what disputed lines amount to, which waits; `rest`
    is what the others settle. `days_left` to answer are local days, None once it is answered."""

    statement: Statement
    period: str
    look: StateLook
    lines: list[LineWords]
    disputed: int
    disputes: int
    rest: int
    days_left: int | None

    @property
    def reference(self) -> str:
        return _("%(agreement)s, no. %(number)s") % {
            "agreement": self.statement.agreement.name,
            "number": self.statement.number,
        }

    @property
    def time_left(self) -> str:
        """How long there is to answer, as people say it; "" where there is nothing to."""
        if self.days_left is None:
            return ""
        if self.days_left < 0:
            return _("the time to dispute is over")
        if self.days_left == 0:
            return _("today is the last day")
        return ngettext("%(days)s day left", "%(days)s days left", self.days_left) % {
            "days": self.days_left
        }


def agreement_look(state: str) -> StateLook:
    return _look(AgreementState(state), _AGREEMENT_LOOKS)


def settlement_look(settlement: Settlement) -> StateLook:
    """Only what goes through a bank is paid; a credit note, a credit or points are handed over."""
    look = _look(SettlementState(settlement.state), _SETTLEMENT_LOOKS)
    if settlement.state == SettlementState.PAID and settlement.method != Method.BANK_TRANSFER:
        return replace(look, label=_("Handed over"))
    return look


def _look(state: Any, looks: Mapping[Any, tuple[str, str]]) -> StateLook:
    icon, tone = looks[state]
    return StateLook(str(state.label), icon, tone)


def period_name(period: str, since: date, until: date, *, voice: Voice) -> str:
    """A period [since, until) as people call it: May 2026, Q2 2026, 2026; else by its days."""
    skeleton = _SKELETONS.get(Period(period))
    if skeleton:
        return format_skeleton(skeleton, since, locale=voice.locale)
    return days_text(since, until, voice=voice)


def days_text(since: date, until: date | None, *, voice: Voice) -> str:
    """[since, until) by its first and last day."""
    if until is None:
        return _("from %(first)s") % {"first": voice.day(since)}
    last = until - timedelta(days=1)
    return _("%(first)s to %(last)s") % {"first": voice.day(since), "last": voice.day(last)}


def party_text(agreement: Agreement) -> str:
    """With whom it is; account and segment are loaded with it."""
    if agreement.party == Party.SEGMENT and agreement.segment is not None:
        return _("Segment %(name)s") % {"name": agreement.segment.name}
    if agreement.party == Party.TIER:
        return _("Tier %(name)s") % {"name": agreement.tier_code}
    name = agreement.account.name if agreement.account else ""
    if agreement.party == Party.FAMILY:
        return _("%(name)s and its group") % {"name": name}
    return name


def line_title(product_line: str) -> str:
    return product_line or _("Products of no line")


def statement_words(
    found: Sequence[Statement],
    *,
    lines: Mapping[Any, Sequence[StatementLine]],
    voice: Voice,
    now: datetime,
) -> list[StatementWords]:
    """Statements with their agreement loaded, and by their ids the lines that are to be told, each
    with its disputes prefetched; in a constant number of queries."""
    told = [dispute for some in lines.values() for line in some for dispute in line.disputes.all()]
    names = actor_names({one.opened_by for one in told} | {one.resolved_by for one in told})
    return [_statement(one, lines.get(one.pk, ()), voice, names, now=now) for one in found]


def _statement(
    one: Statement,
    lines: Sequence[StatementLine],
    voice: Voice,
    names: Mapping[str, str],
    *,
    now: datetime,
) -> StatementWords:
    waiting = [line for line in lines if line.state == LineState.DISPUTED]
    last = one.answer_by - timedelta(microseconds=1)  # it ends with a local day
    days = (day_of(last, voice.zone) - day_of(now, voice.zone)).days
    look = _look(StatementState(one.state), _STATEMENT_LOOKS)
    if one.answer_by <= now:
        days = min(days, -1)
        if one.state == StatementState.OPEN:
            look = StateLook(_("Not answered in time"), look.icon, look.tone)
    return StatementWords(
        statement=one,
        period=period_name(one.agreement.period, one.since, one.upto, voice=voice),
        look=look,
        lines=[_line(line, one, voice, names) for line in lines],
        disputed=sum(line.amount for line in waiting),
        disputes=len(waiting),
        rest=sum(line.settles for line in lines if line.state != LineState.DISPUTED),
        days_left=days if one.state == StatementState.OPEN else None,
    )


def _line(
    line: StatementLine, statement: Statement, voice: Voice, names: Mapping[str, str]
) -> LineWords:
    disputes = [_dispute(one, names) for one in line.disputes.all()]
    return LineWords(
        line=line,
        title=line_title(line.product_line),
        note=_note(line, statement, voice),
        sold=sold_text(
            line.basis, measure=parse_terms(line.accrual.version.terms).measure, voice=voice
        ),
        look=_look(LineState(line.state), _LINE_LOOKS),
        dispute=disputes[0] if disputes else None,
    )


def _note(line: StatementLine, statement: Statement, voice: Voice) -> str:
    accrual = line.accrual
    name = period_name(statement.agreement.period, accrual.since, accrual.until, voice=voice)
    if line.kind == LineKind.TRUE_UP:
        return _("Corrects %(period)s") % {"period": name}
    return name


def _dispute(one: Dispute, names: Mapping[str, str]) -> DisputeWords:
    return DisputeWords(
        dispute=one,
        look=_look(DisputeState(one.state), _DISPUTE_LOOKS),
        opened_by=names.get(one.opened_by, _("somebody who has left")),
        resolved_by=names.get(one.resolved_by, "") if one.resolved_by else "",
    )
