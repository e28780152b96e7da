"""The queue itself: what waits of all kinds in one order, a page of it in words, and deciding.

However many kinds there are on a page, the number of queries is the same for one row and for fifty.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, DateField, DateTimeField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from accounts.hands import accounts_of, hands_of
from accounts.models import Staff, Tenant
from loyalty.console.bulk import Outcome
from loyalty.console.inbox.kind import Decider, Kind, Line, Said
from loyalty.console.inbox.registry import KINDS
from rewards.voice import Voice, voice_of

Key = tuple[str, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A row of the queue. `why_not` says why the reader cannot decide it; "" where they can."""

    kind: Kind
    key: str
    line: Line
    url: str
    since: datetime
    due: date | None
    is_late: bool
    why_not: str
    row: Any


def decider_of(staff: Staff, tenant: Tenant) -> Decider:
    hands = hands_of(staff.actor)
    return Decider(staff=staff, tenant=tenant, hands=hands, accounts=frozenset(accounts_of(hands)))


def in_order(kinds: Sequence[Kind], tenant: Tenant) -> QuerySet | list:
    """(kind, id, since, due) of all that waits: what has a day first, then the longest waiting."""
    if not kinds:
        return []
    first, *others = [_plain(kind, tenant) for kind in kinds]
    return first.union(*others, all=True).order_by("waits_until", "waits_since", "waits_id")


def counts(kinds: Sequence[Kind], tenant: Tenant) -> dict[str, int]:
    """How many of each kind wait, in one query."""
    if not kinds:
        return {}
    first, *others = [
        kind.rows(tenant)
        .select_related(None)
        .order_by()
        .values(waits_kind=Value(kind.code, CharField()))
        .annotate(waits=Count("pk"))
        for kind in kinds
    ]
    found = first.union(*others, all=True)
    return {row["waits_kind"]: row["waits"] for row in found if row["waits"]}


def _plain(kind: Kind, tenant: Tenant) -> QuerySet:
    due = kind.due if kind.due is not None else Value(None, DateField())
    rows = kind.rows(tenant).select_related(None).order_by()
    return rows.annotate(
        waits_kind=Value(kind.code, CharField()),
        waits_id=F("pk"),
        waits_since=Cast(kind.since, DateTimeField()),
        waits_until=Cast(due, DateField()),
    ).values_list("waits_kind", "waits_id", "waits_since", "waits_until")


def in_words(
    keys: Sequence[tuple[str, UUID, datetime, date | None]],
    *,
    decider: Decider,
    voice: Voice,
    today: date,
) -> list[Waiting]:
    """The rows of a page, in the order of `keys`; what was decided meanwhile is left out."""
    rows = _rows({(code, pk) for code, pk, *_when in keys}, tenant=decider.tenant)
    return [
        Waiting(
            kind=KINDS[code],
            key=f"{code}:{pk}",
            line=KINDS[code].line(rows[code, pk], voice),
            url=KINDS[code].page(rows[code, pk]),
            since=since,
            due=due,
            is_late=due is not None and due < today,
            why_not=why_not(KINDS[code], rows[code, pk], decider),
            row=rows[code, pk],
        )
        for code, pk, since, due in keys
        if (code, pk) in rows
    ]


def _rows(keys: Iterable[Key], *, tenant: Tenant) -> dict[Key, Any]:
    """Each with what its words need; one query for each kind that is asked for."""
    by_kind: dict[str, list[UUID]] = {}
    for code, pk in keys:
        by_kind.setdefault(code, []).append(pk)
    return {
        (code, row.pk): row
        for code in sorted(by_kind)
        for row in KINDS[code].rows(tenant).filter(pk__in=by_kind[code])
    }


def why_not(kind: Kind, row: Any, decider: Decider) -> str:
    if decider.staff.role not in kind.roles:
        return _("Your role does not decide this.")
    if kind.is_own(row, decider):
        return _("It is yours, or of an account you belong to: somebody else decides it.")
    return ""


def decide(
    keys: Iterable[Key], *, decision: str, reason: str, decider: Decider, now: datetime
) -> tuple[Outcome, list[str]]:
    """Decide each by itself: one that cannot be decided holds up no other. In the order of their
    accounts, after what these share: two who decide at once wait for each other, never in a circle.

    Returns what became of them, and what is to be told of some besides.
    """
    tenant, outcome, notes = decider.tenant, Outcome(), []
    wanted = {key for key in keys if key[0] in KINDS}
    rows = _rows(wanted, tenant=tenant)
    for _code, _pk in wanted - rows.keys():
        outcome.refused.append(("", _("it was decided meanwhile.")))
    said = Said(staff=decider.staff, tenant=tenant, reason=reason.strip(), now=now)
    _lock_shared(rows)
    voice = voice_of(tenant)
    for code, row in sorted(
        ((code, row) for (code, _pk), row in rows.items()), key=lambda one: _order(*one)
    ):
        kind = KINDS[code]
        line = kind.line(row, voice)
        name = f"{line.title}, {line.account}" if line.account else line.title
        refused, note = _decide(kind, row, decision=decision, said=said, decider=decider)
        if refused:
            outcome.refused.append((name, refused))
        else:
            outcome.done.append(name)
        if note:
            notes.append(f"{name}: {note}")
    return outcome, notes


def _decide(
    kind: Kind, row: Any, *, decision: str, said: Said, decider: Decider
) -> tuple[str, str | None]:
    """(why it was not done, what is told besides)."""
    if refused := why_not(kind, row, decider):
        return refused, None
    how = kind.decisions.get(decision)
    if how is None:
        return _("this is decided on its own page."), None
    if how.needs_reason and not said.reason:
        return _("say why: it is told to who asked."), None
    try:
        return "", how.do(row, said)
    except kind.refusals as refusal:
        return str(refusal), None


def _lock_shared(rows: Mapping[Key, Any]) -> None:
    """One after another would lock the budget of the second account after the wallet of the first:
    who decides for them the other way round would wait for ever."""
    sharing: dict[Any, list[Any]] = {}
    for kind in KINDS.values():
        found = [row for (code, _pk), row in rows.items() if code == kind.code]
        if found and kind.shared is not None:
            sharing.setdefault(kind.shared, []).extend(found)
    for lock, found in sharing.items():
        list(lock(found).values_list("pk"))


def _order(code: str, row: Any) -> tuple[str, str, str]:
    return str(KINDS[code].account_of(row) or ""), code, str(row.pk)


def read_keys(texts: Iterable[str], *, most: int, kinds: Mapping[str, Kind]) -> list[Key]:
    """“deal:0197…” as (kind, id); what names nothing that the reader sees is left out."""
    found = []
    for text in list(texts)[:most]:
        code, _colon, key = text.partition(":")
        try:
            pk = UUID(key)
        except ValueError:
            continue
        if code in kinds:
            found.append((code, pk))
    return found
