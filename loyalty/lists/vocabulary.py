"""The words a program is written in: kinds of activities, segments of accounts, measures."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.attributes import declared
from accounts.declaring import NamedMeasure, measures
from accounts.kinds import OWN_KINDS, kind_names, said_name
from accounts.models import ActivityKind, DeclaredMeasure, Segment
from accounts.segments import sizes_of
from loyalty.counting_words import CountingWords
from loyalty.lists.listed import (
    READERS,
    Asked,
    Found,
    Listed,
    ListFilter,
    Text,
    choice_filter,
    in_order,
    search_filter,
)
from rewards.promises import condition_text
from rewards.voice import voice_of
from tiers.uses import uses_of_measures

ORIGINS = [("own", _("Your own")), ("system", _("By the system"))]


class KindFilter(ListFilter):
    q = search_filter(_("Name or code"))
    origin = choice_filter(_("Recorded"), method="of_origin")

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("origin", ORIGINS)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(code__istartswith=value))

    def of_origin(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        if value not in dict(ORIGINS):
            return rows.none()
        ours = Q(code__in=OWN_KINDS)
        return rows.filter(ours if value == "system" else ~ours)


def _kinds(asked: Asked) -> Found:
    filters = KindFilter(asked, ActivityKind.objects.all())
    sorts = {"name": "name", "code": "code"}
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("name", "code", "id")))


def _kind_header(asked: Asked) -> Sequence[Text]:
    return (_("Code"), _("Name"), _("Attributes"), _("Recorded by the system"))


def _kind_lines(rows: Sequence[ActivityKind], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        attributes = declared(row.attributes).values()
        yield (
            row.code, said_name(row.name),
            "; ".join(f"{one.name}: {one.type_name}" for one in attributes),
            _("yes") if row.code in OWN_KINDS else _("no"),
        )  # fmt: skip


KINDS = Listed(
    code="kinds",
    name=_("Activity kinds"),
    url_name="console_kinds",
    readers=READERS,
    find=_kinds,
    header=_kind_header,
    lines=_kind_lines,
)


class SegmentFilter(ListFilter):
    q = search_filter(_("Name or code"))

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(code__istartswith=value))


def _segments(asked: Asked) -> Found:
    filters = SegmentFilter(asked, Segment.objects.all())
    sorts = {"name": "name", "code": "code"}
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("name", "code", "id")))


def _segment_header(asked: Asked) -> Sequence[Text]:
    return (_("Code"), _("Name"), _("When"), _("Accounts"))


def _segment_lines(rows: Sequence[Segment], asked: Asked) -> Iterator[Sequence[object]]:
    voice, sizes = voice_of(asked.tenant), sizes_of(rows)
    for row in rows:
        yield row.code, row.name, condition_text(row.condition, voice), sizes[row.pk]


SEGMENTS = Listed(
    code="segments",
    name=_("Segments"),
    url_name="console_segments",
    readers=READERS,
    find=_segments,
    header=_segment_header,
    lines=_segment_lines,
)

DECLARED_BY = [("own", _("Your own")), ("built-in", _("Built in"))]


class MeasureFilter(ListFilter):
    """Of measures, most of which are in no table."""

    q = search_filter(_("Name or code"))
    origin = choice_filter(_("Declared"))

    def __init__(self, asked: Asked) -> None:
        super().__init__(asked, DeclaredMeasure.objects.none())
        self.offer("origin", DECLARED_BY)

    def fits(self, one: NamedMeasure) -> bool:
        if self.errors:
            return False
        said = self.form.cleaned_data
        words, origin = said["q"].strip().lower(), said["origin"]
        is_found = words in one.name.lower() or one.code.startswith(words)
        return is_found and origin in ("", "own" if one.declared else "built-in")


def _measures(asked: Asked) -> Found:
    """As they are declared, unless the address sorts them by name."""
    filters = MeasureFilter(asked)
    rows = [one for one in measures().values() if filters.fits(one)]
    wanted = asked.query.get("sort", "")
    if wanted.removeprefix("-") == "name":
        rows.sort(key=lambda one: (one.name.lower(), one.code), reverse=wanted.startswith("-"))
    return Found(filters, tuple(rows))


def _measure_header(asked: Asked) -> Sequence[Text]:
    return (_("Code"), _("Name"), _("How it is counted"), _("Used in"), _("Declared"))


def _measure_lines(rows: Sequence[NamedMeasure], asked: Asked) -> Iterator[Sequence[object]]:
    words, uses = counting_words(), uses_of_measures()
    origins = dict(DECLARED_BY)
    for row in rows:
        yield (
            row.code, row.name, words.told(row.counting), ", ".join(uses.get(row.code, [])),
            origins["own" if row.declared else "built-in"],
        )  # fmt: skip


def counting_words() -> CountingWords:
    kinds = kind_names()
    return CountingWords(kinds=kinds, measures={code: one.name for code, one in measures().items()})


MEASURES = Listed(
    code="measures",
    name=_("Measures"),
    url_name="console_measures",
    readers=READERS,
    find=_measures,
    header=_measure_header,
    lines=_measure_lines,
)
