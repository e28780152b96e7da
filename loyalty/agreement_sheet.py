"""All that is known of an agreement with one account: earned so far, how, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from loyalty.charts import Chart, Series, bar_chart
from loyalty.rebate_terms import Names, TermsWords, Wording, terms_words
from loyalty.rebate_words import agreement_look, line_title, period_name
from loyalty.rebate_working import WorkedLine, band_stairs, next_text, worked_lines
from loyalty.reward_words import StateLook
from loyalty.stairs import Step
from rebates.models import Accrual, Agreement, AgreementVersion
from rebates.nearness import NextBand, next_band, sales_of, worked
from rewards.voice import Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSheet:
    """A period of an agreement with one account. `next` is the way to the next band, while the
    period is open; `amount` is what the account has earned of it."""

    accrual: Accrual
    name: str
    said: Wording
    amount: int
    lines: list[WorkedLine]
    steps: list[Step]
    next: NextBand | None
    next_text: str
    by_line: list[tuple[str, str, int]]

    @property
    def is_open(self) -> bool:
        return self.accrual.closed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An agreement among others; `period` is the running one, None where nothing is counted yet."""

    agreement: Agreement
    version: AgreementVersion
    look: StateLook
    terms: TermsWords
    period: PeriodSheet | None
    is_to_accept: bool


def period_sheet(accrual: Accrual, *, names: Names, today: date) -> PeriodSheet:
    """Of an accrual with its version and agreement."""
    agreement, voice = accrual.agreement, names.voice
    said = names.wording(accrual.version, period=agreement.period)
    result = worked(accrual)
    is_running = accrual.closed_at is None and accrual.since <= today < accrual.until
    found = next_band(accrual) if is_running else None
    share = accrual.amount if accrual.amount != result.amount else None
    return PeriodSheet(
        accrual=accrual,
        name=period_name(agreement.period, accrual.since, accrual.until, voice=voice),
        said=said,
        amount=accrual.amount,
        lines=worked_lines(result, said, share=share),
        steps=band_stairs(sales_of(accrual), said),
        next=found,
        next_text=next_text(found, said),
        by_line=[
            (line_title(line), said.sold(basis), amount) for line, basis, amount in accrual.lines
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A period among others, as a list shows it."""

    accrual: Accrual
    name: str
    is_open: bool


def history(accruals: Sequence[Accrual], *, voice: Voice) -> list[Past]:
    """Periods of one account under one agreement, which is loaded with each."""
    return [
        Past(
            accrual=one,
            name=period_name(one.agreement.period, one.since, one.until, voice=voice),
            is_open=one.closed_at is None,
        )
        for one in accruals
    ]


def earned_chart(past: Sequence[Past], *, voice: Voice) -> Chart:
    """What each period earned, the oldest first."""
    return bar_chart(
        key="earned",
        title=_("Rebate by period"),
        columns=[(one.name, one.name) for one in past],
        series=[Series(_("Rebate"), [one.accrual.amount for one in past])],
        voice=voice,
        in_money=True,
    )


def listed(
    agreement: Agreement,
    version: AgreementVersion,
    accrual: Accrual | None,
    *,
    names: Names,
    today: date,
    is_to_accept: bool = False,
) -> Listed:
    return Listed(
        agreement=agreement,
        version=version,
        look=agreement_look(agreement.state),
        terms=terms_words(version, names.wording(version, period=agreement.period)),
        period=period_sheet(accrual, names=names, today=today) if accrual else None,
        is_to_accept=is_to_accept,
    )
