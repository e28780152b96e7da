"""What measures say of an account, in words."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from accounts.counting import RATIO, VALID_NOW, Catalogue
from accounts.declaring import NamedMeasure
from accounts.models import Account, Tenant
from accounts.postgres.statements import ask
from accounts.readings import Reading, reading_sql, values_of
from accounts.readings import as_of as at_instant
from accounts.windows import Window, in_words
from loyalty.measure_words import MeasureWords

NOW = Window("valid_now")
WINDOWS = (Window("quarter"), Window("rolling", months=12))


class Told(NamedTuple):
    value: str
    window: str


def measured(
    account: Account,
    named: Mapping[str, NamedMeasure],
    *,
    words: MeasureWords,
    tenant: Tenant,
    as_of: datetime,
) -> dict[str, list[Told]]:
    """By the code of each measure, its value over the usual windows, or what is valid now."""
    catalogue = {code: one.counting for code, one in named.items()}
    readings = [Reading(code, window) for code in named for window in _windows(code, catalogue)]
    query = reading_sql(
        readings,
        catalogue=catalogue,
        as_of=at_instant(as_of, tenant.zone),
        zone=tenant.zone,
        fiscal_year_starts=tenant.fiscal_year_starts,
        accounts=[account.pk],
    )
    with transaction.atomic():
        (found,) = ask(values_of(query))
    values = found[account.pk]
    return {
        code: [
            Told(words.value(code, values[one].value), in_words(one.window))
            for one in readings
            if one.measure == code
        ]
        for code in named
    }


def _windows(code: str, catalogue: Catalogue) -> Iterable[Window]:
    counting = catalogue[code]
    part = catalogue[counting.of] if counting.counts == RATIO else counting
    return (NOW,) if part.counts == VALID_NOW else WINDOWS
