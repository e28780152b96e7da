"""Statements of rebates read with all that belongs to them, for portal, console and paper."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from loyalty.console.happenings import actor_names
from loyalty.rebate_words import StatementWords, settlement_look, statement_words
from loyalty.reward_words import StateLook
from rebates.models import Settlement, Statement
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


def settlements_of(statement: Statement) -> list[tuple[Settlement, StateLook]]:
    """What was settled of it, the first first."""
    found = Settlement.objects.filter(statement=statement).order_by("approved_at", "id")
    return [(one, settlement_look(one.state)) for one in found]
