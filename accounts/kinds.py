"""Kinds of behavior as data: the catalogue that every tenant starts with, and those it adds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from accounts import events
from accounts.attributes import Attribute, Declared, check_declaration, declared, misfit, typed
from accounts.facts import Fact
from accounts.models import ActivityKind

# What the system itself says happened: no other source may say it, or it would be paid for twice.
OWN_SOURCE = "system:occasions"
ENROLLMENT, ANNIVERSARY, MILESTONE = "enrollment", "anniversary", "milestone"
OWN_KINDS = frozenset({ENROLLMENT, ANNIVERSARY, MILESTONE})
# Facts that rules of ours make of what was decided: sent from outside, they would count what nobody
# decided, or take the identity of one that is decided later, which then could not come in.
_DECIDED = frozenset({"claims", "sales"})  # purchases, and so returned like any other
_STEERED = frozenset({"deals", "referrals", "surveys"})  # taken back by their own rules only


def is_ours(source: str) -> bool:
    """Whether only the system itself sends facts of this source."""
    return source in _DECIDED or not is_returnable(source)


def is_returnable(source: str) -> bool:
    """Whether others may send returns of facts of this source, at the address of the fact."""
    return source not in _STEERED and not is_system(source)


def is_system(source: str) -> bool:
    """Whether it names the system itself, of whatever it says to be the source."""
    return source.startswith("system:")


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    attributes: tuple[Attribute, ...] = ()


STARTING_KINDS = {
    "purchase": Kind(_("Purchase")),
    "return": Kind(_("Return")),
    "renewal": Kind(
        _("Contract renewal"),
        (Attribute("contract"), Attribute("months", "whole"), Attribute("on_time", "yes_no")),
    ),
    "training": Kind(
        _("Training completed"),
        (Attribute("course"), Attribute("hours", "number"), Attribute("score", "number")),
    ),
    "certificate": Kind(
        _("Certificate earned"),
        (Attribute("certificate"), Attribute("level"), Attribute("valid_until", "date")),
    ),
    "referral": Kind(
        _("Referral"), (Attribute("referred"), Attribute("became_customer", "yes_no"))
    ),
    "deal": Kind(
        _("Deal registered"),
        (Attribute("stage"), Attribute("new_customer", "yes_no"), Attribute("closes_on", "date")),
    ),
    "event": Kind(_("Event attended"), (Attribute("event"), Attribute("people", "whole"))),
    "co_marketing": Kind(
        _("Co-marketing activity"), (Attribute("campaign"), Attribute("leads", "whole"))
    ),
    "advocacy": Kind(
        _("Case study or advocacy"),
        (
            Attribute(
                "form", "choice", ("case study", "reference call", "review", "talk", "other")
            ),
            Attribute("published_on", "date"),
        ),
    ),
    "pipeline": Kind(_("Pipeline contribution"), (Attribute("stage"), Attribute("source"))),
    "satisfaction": Kind(
        _("Satisfaction score"), (Attribute("score", "number"), Attribute("survey"))
    ),
    "sustainable_choice": Kind(
        _("Sustainable choice"), (Attribute("choice"), Attribute("kg_co2_saved", "number"))
    ),
    ENROLLMENT: Kind(_("Enrollment"), (Attribute("program"),)),
    ANNIVERSARY: Kind(
        _("Enrollment anniversary"), (Attribute("program"), Attribute("years", "whole"))
    ),
    MILESTONE: Kind(_("Milestone reached"), (Attribute("program"), Attribute("milestone"))),
}

_STARTING_NAMES = frozenset(kind.name for kind in STARTING_KINDS.values())


def kind_names() -> dict[str, str]:
    """By code. The names that every tenant starts with are said in the reader's language, those it
    gave itself as it gave them."""
    stored = ActivityKind.objects.order_by("name", "code").values_list("code", "name")
    return {code: said_name(name) for code, name in stored}


def kind_choices(*, but: Collection[str] = ()) -> list[tuple[str, str]]:
    """(code, name) of all kinds but some, in the order of their names as the reader has them."""
    found = [(code, name) for code, name in kind_names().items() if code not in but]
    return sorted(found, key=lambda one: (one[1].casefold(), one[0]))


def said_name(name: str) -> str:
    """The name of a kind as its reader says it."""
    return gettext(name) if name in _STARTING_NAMES else name


class KindTaken(ValueError):
    def __init__(self, code: str) -> None:
        super().__init__(
            gettext("There is a kind “%(code)s” already; choose another code.") % {"code": code}
        )


class KindIsOurs(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(
            gettext("“%(name)s” is recorded by the system itself and stays as it is.")
            % {"name": name}
        )


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of a tenant, with the attributes that each declares."""

    attributes: dict[str, Declared] = field(default_factory=dict)

    def __contains__(self, code: str) -> bool:
        return code in self.attributes

    def __iter__(self):
        """Those that may come from outside."""
        return (code for code in self.attributes if code not in OWN_KINDS)

    def refusal(self, fact: Fact, *, source: str) -> str:
        """Why a fact of a known kind cannot be taken in as it is; "" where it can."""
        if fact.kind in OWN_KINDS and source != OWN_SOURCE:
            return gettext(
                "Facts of the kind “%(kind)s” are made by the system itself; use another kind."
            ) % {"kind": fact.kind}
        wanted = self.attributes[fact.kind]
        return misfit(fact.attributes, wanted) if wanted else ""

    def typed(self, fact: Fact) -> dict | None:
        """The attributes of a fact as they are kept: those its kind declares in their types."""
        return typed(fact.attributes, self.attributes[fact.kind])


def kinds() -> Kinds:
    """The kinds of the open tenant."""
    rows = ActivityKind.objects.values_list("code", "attributes")
    return Kinds({code: declared(attributes) for code, attributes in rows})


def add_starting_kinds() -> None:
    """Give the open tenant the starting kinds that it does not have yet."""
    there = set(ActivityKind.objects.values_list("code", flat=True))
    ActivityKind.objects.bulk_create(
        ActivityKind(
            code=code, name=kind.name, attributes=[one.as_json() for one in kind.attributes]
        )
        for code, kind in STARTING_KINDS.items()
        if code not in there
    )


def add_kind(
    *, code: str, name: str, attributes: Sequence[Attribute], actor: str, now: datetime
) -> ActivityKind:
    """Raises KindTaken, and BadAttribute for attributes that make no sense."""
    check_declaration(attributes)
    try:
        with transaction.atomic():
            kind = ActivityKind.objects.create(
                code=code, name=name, attributes=[one.as_json() for one in attributes]
            )
            _record("kind.added", kind, actor=actor, now=now)
    except IntegrityError:
        raise KindTaken(code) from None
    return kind


def change_kind(
    *,
    kind: ActivityKind,
    name: str,
    attributes: Sequence[Attribute],
    actor: str,
    now: datetime,
) -> ActivityKind:
    """Its code stays for ever: facts and rules name it. Facts taken in before stay as they are.

    Raises KindIsOurs, and BadAttribute for attributes that make no sense.
    """
    check_declaration(attributes)
    with transaction.atomic():
        kind = ActivityKind.objects.select_for_update(of=("self",)).get(pk=kind.pk)
        if kind.code in OWN_KINDS:
            raise KindIsOurs(kind.name)
        before = _said(kind)
        kind.name, kind.attributes = name, [one.as_json() for one in attributes]
        kind.save(update_fields=["name", "attributes"])
        changed = events.compared(before, _said(kind))
        _record("kind.changed", kind, actor=actor, now=now, **changed)
    return kind


def _said(kind: ActivityKind) -> dict[str, Any]:
    return {"code": kind.code, "name": kind.name, "attributes": kind.attributes}


def _record(what: str, kind: ActivityKind, *, actor: str, now: datetime, **more: Any) -> None:
    events.record(
        kind=what,
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"kind:{kind.pk}",
        payload=_said(kind) | more,
    )
