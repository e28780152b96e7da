"""Statements of rebates read with all that belongs to them, for portal, console and paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from loyalty.console.happenings import actor_names
from loyalty.rebate_words import StatementWords, settlement_look, statement_words
from loyalty.reward_words import StateLook
from rebates.crediting import is_below_one_point
from rebates.models import SetOff, Settlement, SettlementState, Statement
from rebates.outgoing import TO_PAY, handed_over
from rebates.stating import lines_of
from rewards.voice import Voice

SYSTEM = "system"


def all_statements() -> QuerySet[Statement]:
    """With what their words need, the newest first."""
    return Statement.objects.select_related(
        "agreement__program", "agreement__owner", "version", "account"
    ).order_by("-upto", "-issued_at", "-id")


def statements_told(
    found: Sequence[Statement], *, voice: Voice, now: datetime
) -> list[StatementWords]:
    """In words, with all their lines and disputes, in a constant number of queries."""
    return statement_words(found, lines=lines_of(found), voice=voice, now=now)


def statement_told(found: Statement, *, voice: Voice, now: datetime) -> StatementWords:
    [words] = statements_told([found], voice=voice, now=now)
    return words


def accepted_by(words: StatementWords) -> str:
    """Who accepted it, in words; "" while nobody has."""
    actor = words.statement.accepted_by
    if actor == SYSTEM:
        return _("by the end of the days to answer")
    return actor_names([actor]).get(actor, "") if actor else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementWords:
    """`notes` say what of it was set off against what, and what is left or carried; and where less
    is paid than was left, why."""

    settlement: Settlement
    look: StateLook
    notes: list[str]


def settlements_of(statement: Statement, *, voice: Voice) -> list[SettlementWords]:
    """What was settled of it, the first first; in four queries."""
    other = "statement__agreement"
    found = handed_over(Settlement.objects.filter(statement=statement)).prefetch_related(
        "credits",
        Prefetch("set_offs", SetOff.objects.select_related(f"correction__{other}").order_by("id")),
        Prefetch("taken_off", SetOff.objects.select_related(f"settlement__{other}").order_by("id")),
    )
    return [
        SettlementWords(
            settlement=one,
            look=settlement_look(one),
            notes=_notes(one, statement, voice=voice),
        )
        for one in found.order_by("approved_at", "id")
    ]


def _notes(one: Settlement, statement: Statement, *, voice: Voice) -> list[str]:
    said = [(made, made.correction.statement) for made in one.set_offs.all()]
    said += [(made, made.settlement.statement) for made in one.taken_off.all()]
    notes = [
        _("%(amount)s set off against “%(name)s”, no. %(number)s")
        % {
            "amount": voice.exact_money(made.amount),
            "name": other.agreement.name,
            "number": other.number,
        }
        for made, other in said
    ]
    left = {"amount": voice.exact_money(one.left)}
    if one.state == SettlementState.CARRIED:
        notes.append(_("%(amount)s carried to the next settlement; nothing is to be paid") % left)
    elif one.left and notes:
        notes.append(_("%(amount)s left to be paid") % left)
    if is_below_one_point(one, rate=statement.version.points_rate, currency=voice.currency):
        notes.append(
            _("It comes to less than one point: it is carried to your next rebate in points")
        )
    if any(credit.points == 0 for credit in one.credits.all()):
        notes.append(_("Less than one point: its worth is in the points of your next rebate"))
    return [*notes, *_short(one, voice)]


def _short(one: Settlement, voice: Voice) -> list[str]:
    """Why less is paid than is due: only what awards owe is taken from it unasked."""
    if paid := one.transferred + one.credited:
        said = _(
            "%(paid)s paid; %(rest)s make up for awards that were taken back from this account"
        )
        rest = one.left - paid
        told = {"paid": voice.exact_money(paid), "rest": voice.exact_money(rest)}
        return [said % told] if rest else []
    held = max(one.held, 0)
    if one.state not in TO_PAY or held >= one.left:
        return []
    said = _(
        "Awards were taken back from this account, and rebates make that up: at most %(amount)s of "
        "it can be paid now"
    )
    return [said % {"amount": voice.exact_money(held)}]
