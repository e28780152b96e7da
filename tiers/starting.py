"""Starting a ladder from a ready-made scheme: its draft, with the measures and kinds it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.attributes import Attribute
from accounts.counting import counting_of
from accounts.declaring import catalogue, declare_measure
from accounts.kinds import add_kind
from accounts.models import ActivityKind, Program
from tiers import publishing
from tiers.models import SchemeVersion
from tiers.ready_made import ReadyMade, Said, rungs_as_json


@dataclass(frozen=True, slots=True)
class Missing:
    """What a scheme needs and the tenant does not have yet; see `ReadyMade`."""

    kinds: Mapping[str, tuple[str, tuple[Attribute, ...]]]
    measures: Mapping[str, tuple[str, Said]]


def missing_from(scheme: ReadyMade) -> Missing:
    kinds = set(ActivityKind.objects.filter(code__in=scheme.kinds).values_list("code", flat=True))
    known = catalogue()
    return Missing(
        kinds={code: one for code, one in scheme.kinds.items() if code not in kinds},
        measures={code: one for code, one in scheme.measures.items() if code not in known},
    )


def start_from(
    ready: ReadyMade,
    *,
    program: Program,
    code: str,
    name: str,
    places: int,
    actor: str,
    now: datetime,
) -> SchemeVersion:
    """A new ladder of the program, a ready-made scheme as its first draft.

    Kinds and measures that it needs are added; those of the same code stay as the tenant has them.

    `places` are the decimal places of the tenant's currency. Raises publishing.CodeTaken.
    """
    about: dict[str, Any] = {"actor": actor, "now": now}
    with transaction.atomic():
        missing = missing_from(ready)
        for kind, (called, attributes) in missing.kinds.items():
            add_kind(code=kind, name=called, attributes=attributes, **about)
        for measure, (called, terms) in missing.measures.items():
            declare_measure(code=measure, name=called, counting=counting_of(terms), **about)
        counted = catalogue()

        def scale(measure: str) -> int:
            return counted[measure].scale or 10**places

        terms = {**ready.policies, "rungs": rungs_as_json(ready, scale=scale)}
        scheme = publishing.create_scheme(program=program, code=code, name=name, **about)
        return publishing.draft_version(scheme=scheme, terms=terms, **about)
