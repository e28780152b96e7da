"""What a program offers for points."""

from collections.abc import Iterator, Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

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
from loyalty.programs import program_named
from rewards.availability import left_of
from rewards.models import Reward, RewardState, RewardType


class RewardFilter(ListFilter):
    q = search_filter(_("Name or code"))
    type = choice_filter(_("Type"))
    state = choice_filter(_("State"))

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("type", RewardType.choices)
        self.offer("state", RewardState.choices)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(code__istartswith=value))


def _rewards(asked: Asked) -> Found:
    """Of the program in the address, else of the tenant's first one."""
    program = program_named(asked.query.get("program", ""))
    filters = RewardFilter(asked, Reward.objects.filter(program=program))
    sorts = {"name": "name", "state": "state", "points": "points", "taken": "taken"}
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("state", "name", "id")))


def _header(asked: Asked) -> Sequence[Text]:
    return (
        _("Code"), _("Name"), _("Type"), _("State"), _("Points"), _("Left"), _("Taken"),
    )  # fmt: skip


def _lines(rows: Sequence[Reward], asked: Asked) -> Iterator[Sequence[object]]:
    left = left_of(list(rows), as_of=asked.now)
    for row in rows:
        yield (
            row.code, row.name, row.get_type_display(), row.get_state_display(), row.points,
            left[row.pk], row.taken,
        )  # fmt: skip


REWARDS = Listed(
    code="rewards",
    name=_("Rewards"),
    url_name="console_rewards",
    readers=READERS,
    find=_rewards,
    header=_header,
    lines=_lines,
)
