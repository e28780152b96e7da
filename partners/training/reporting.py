"""What was completed elsewhere, as other systems and files report it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.facts import FactRefused, refuse_longer, refuse_unfit, shown
from accounts.importing import Batch, Intent, Ruling, SourceFile, in_file_order
from accounts.models import ImportRun, Tenant
from partners.models import Completion, Course
from partners.training.completing import Done, complete, person
from partners.training.steps import CannotDo, OtherContent

FILE = "csv"  # the source of what files report
FEW = 200  # rows of a file in one transaction: each is more work than a fact
LONGEST = {"course": 60, "member": 254, "account": 64, "external_id": 120, "score": 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`course` is its code, `member` the person's e-mail, `account` the number of the account they
    work for ("" where they have one). `external_id` is the permanent identity in `source`."""

    course: str
    member: str
    account: str = ""
    completed_at: datetime
    external_id: str
    score: int | None = None


def report(said: Report, *, source: str, actor: str, zone: ZoneInfo, now: datetime) -> Completion:
    """Raises CannotDo and OtherContent."""
    course = Course.objects.filter(code=said.course).first()
    if course is None:
        raise CannotDo(_("There is no course “%s”.") % said.course[:60])
    if said.score is not None and not 0 <= said.score <= 100:
        raise CannotDo(_("The score is a percentage from 0 to 100."))
    done = Done(
        course=course,
        member_id=person(email=said.member, account=said.account).pk,
        completed_at=said.completed_at,
        source=source,
        external_id=said.external_id,
        score=said.score,
    )
    return complete(done, actor=actor, zone=zone, now=now)


def completions_intent(run: ImportRun, tenant: Tenant) -> Intent:
    """Takes completed courses in out of a file, each row by itself."""
    zone = tenant.zone

    def take(items: Sequence[Report], as_of: datetime) -> Sequence[Ruling]:
        known, rulings = _known(items), []
        for item in items:
            rulings.append(_ruling(item, known, run=run, zone=zone, now=as_of))
            known.add(item.external_id)
        return rulings

    return Intent(read=lambda raw: _read(raw, zone), take=take, batches=_by_few)


def _by_few(file: SourceFile) -> Iterator[Batch]:
    for batch in in_file_order(file):
        for first in range(0, max(len(batch.rows), 1), FEW):
            yield batch._replace(rows=batch.rows[first : first + FEW])


def _known(items: Sequence[Report]) -> set[str]:
    named = [item.external_id for item in items]
    found = Completion.objects.filter(source=FILE, external_id__in=named)
    return set(found.values_list("external_id", flat=True))


def _ruling(
    item: Report, known: Collection[str], *, run: ImportRun, zone: ZoneInfo, now: datetime
) -> Ruling:
    try:
        with transaction.atomic():
            report(item, source=FILE, actor=run.started_by, zone=zone, now=now)
    except (CannotDo, OtherContent) as refused:
        return Ruling("rejected", str(refused))
    return Ruling("known" if item.external_id in known else "accepted")


def _read(raw: Mapping[str, object], zone: ZoneInfo) -> Report:
    """Raises FactRefused."""
    texts = {name: _fit(str(raw.get(name, "")), name) for name in LONGEST}
    for name in ("course", "member", "external_id"):
        if not texts[name]:
            raise FactRefused(_("%(field)s is empty.") % {"field": name})
    score = texts.pop("score")
    if score and not (score.isascii() and score.isdecimal()):
        raise FactRefused(_("score %s is no whole percentage such as 85.") % shown(score))
    return Report(
        **texts,
        completed_at=_moment(raw.get("occurred_at"), zone),
        score=int(score) if score else None,
    )


def _moment(value: Any, zone: ZoneInfo) -> datetime:
    try:
        moment = (
            value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        )
        if not 1970 <= moment.year < 9999:  # at the ends of the calendar UTC cannot be reckoned
            raise ValueError
    except ValueError:
        raise FactRefused(_("%s is not a date; write it like 2026-03-31.") % shown(value)) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _fit(value: str, name: str) -> str:
    text = value.strip()
    if len(text) > LONGEST[name]:
        refuse_longer(text, name, LONGEST[name])
    if not text.isprintable():
        refuse_unfit(text, name)
    return text
