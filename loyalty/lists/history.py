"""The record of events as people search it: who did what to which thing, and when."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.ids import read_uuid
from accounts.models import Account, ApiKey, Event, Staff
from accounts.models.event import EVERYDAY
from loyalty.console.happenings import happenings
from loyalty.history_words import ABOUT, begins_with, changes_in, kind_name
from loyalty.lists.listed import (
    READERS,
    Asked,
    Found,
    Listed,
    ListFilter,
    Text,
    choice_filter,
    day_filter,
    moment_cell,
    search_filter,
)
from rewards.voice import voice_of

SYSTEM = "system"
SPLIT = "."


class EventFilter(ListFilter):
    q = search_filter(_("Account, or kind such as rule.published"))
    about = choice_filter(_("About"), method="about_a")
    actor = choice_filter(_("By"))
    since = day_filter(_("From"), "since")
    until = day_filter(_("Through"), "until")
    subject = choice_filter(_("Thing"))
    account = choice_filter(_("Account"), method="of_account")
    moment = "recorded_at"

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("about", [(codes[0], name) for codes, name in ABOUT.items()])
        self.offer("actor", _actors())
        # Reached from the thing's own page; a list of all things there are helps nobody.
        for name in ("subject", "account"):
            if not asked.query.get(name):
                del self.form.fields[name], self.filters[name]
        self._offer_what_is_asked_for(asked)

    def _offer_what_is_asked_for(self, asked: Asked) -> None:
        if subject := asked.query.get("subject"):
            self.offer("subject", [(subject, kind_name(subject.partition(":")[0]))])
        if account := asked.query.get("account"):
            self.offer("account", [(account, _account_name(account))])

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        if SPLIT in value:
            return rows.filter(kind__startswith=value)
        accounts = Account.objects.filter(name__icontains=value) | Account.objects.filter(
            number__iexact=value
        )
        return rows.filter(account_id__in=list(accounts.values_list("pk", flat=True)[:200]))

    def about_a(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        asked = Q()
        for code in begins_with(value):
            asked |= Q(kind__startswith=f"{code}{SPLIT}")
        return rows.filter(asked)

    def of_account(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        key = read_uuid(value)
        return rows.filter(account_id=key) if key else rows.none()


def _events(asked: Asked) -> Found:
    """The newest first. What every fact says is left out, unless the address asks for points: what
    was done and decided would drown in it."""
    rows = Event.objects.select_related("account")
    if not _asks_for_points(asked):
        rows = rows.exclude(kind__in=EVERYDAY)
    filters = EventFilter(asked, rows)
    return Found(filters, filters.qs.order_by("-position", "-id"))


def _asks_for_points(asked: Asked) -> bool:
    return asked.query.get("about") == "points" or asked.query.get("q", "").startswith("points.")


def _actors() -> list[tuple[str, Text]]:
    staff = [(one.actor, one.name) for one in Staff.objects.order_by("name", "id")]
    keys = [
        (one.actor, f"{_('API key')} {one.name}") for one in ApiKey.objects.order_by("name", "id")
    ]
    return [*staff, *keys, (SYSTEM, _("The system"))]


def _account_name(text: str) -> str:
    key = read_uuid(text)
    found = Account.objects.filter(pk=key).first() if key else None
    return found.name if found else text


def _header(asked: Asked) -> Sequence[Text]:
    return (
        _("Recorded"), _("Took effect"), _("By"), _("Kind"), _("What"), _("Account number"),
        _("Account"), _("Before"), _("After"), _("Thing"),
    )  # fmt: skip


def _lines(rows: Sequence[Event], asked: Asked) -> Iterator[Sequence[object]]:
    told = happenings(rows, voice=voice_of(asked.tenant))
    for row, words in zip(rows, told, strict=True):
        changes = changes_in(row.payload)
        yield (
            moment_cell(row.recorded_at, asked), moment_cell(row.occurred_at, asked), words.actor,
            row.kind, words.said, row.account.number if row.account else "",
            row.account.name if row.account else "",
            "; ".join(f"{change.name}: {change.before}" for change in changes),
            "; ".join(f"{change.name}: {change.after}" for change in changes), row.subject,
        )  # fmt: skip


HISTORY = Listed(
    code="history",
    name=_("Audit log"),
    url_name="console_history",
    readers=READERS,
    find=_events,
    header=_header,
    lines=_lines,
)
