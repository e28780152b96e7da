"""The rules by which leads are given out, and the terms that hold for all of them."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record
from accounts.models import Account
from partners.leads.desk import open_desk
from partners.leads.fitting import tidy_postcode
from partners.models import LeadPool, LeadRule, LeadTerms, Method

MOST_RULES = 200
MOST_VALUES = 200
MOST_ACCOUNTS = 1000
# name -> (least, most), as the database has them
BOUNDS = {"answer_hours": (1, 720), "most_open": (0, 1000), "silent_days": (1, 365)}
_COUNTRY = re.compile("[A-Z]{2}")


class BadRule(ValueError):
    """Its text says what to change, in `field`."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a rule says; see LeadRule. `accounts` are numbers."""

    name: str
    position: int = 100
    is_active: bool = True
    countries: Sequence[str] = ()
    regions: Sequence[str] = ()
    postcodes: Sequence[str] = ()
    lines: Sequence[str] = ()
    partner_types: Sequence[str] = ()
    accounts: Sequence[str] = ()
    tier_code: str = ""
    entitlement: str = ""
    certificate_line: str = ""
    least_certificates: int = 0
    attribute: str = ""
    attribute_value: str = ""
    method: str = Method.ROUND_ROBIN


LISTS = ("countries", "regions", "postcodes", "lines", "partner_types")
NAMES = tuple(field.name for field in fields(Ruling))


def add_rule(said: Ruling, *, actor: str, now: datetime) -> LeadRule:
    """Raises BadRule."""
    with transaction.atomic():
        open_desk(now=now)
        if LeadRule.objects.count() >= MOST_RULES:
            raise BadRule(_("There are %d rules, the most there can be.") % MOST_RULES, "name")
        return _keep(LeadRule(created_at=now, created_by=actor), said, actor=actor, now=now)


def change_rule(rule: LeadRule, said: Ruling, *, actor: str, now: datetime) -> LeadRule:
    """Leads that are out stay where they are; turns go on where they were. Raises BadRule."""
    with transaction.atomic():
        open_desk(now=now)
        return _keep(LeadRule.objects.get(pk=rule.pk), said, actor=actor, now=now)


def set_terms(
    *, answer_hours: int, most_open: int, silent_days: int, actor: str, now: datetime
) -> LeadTerms:
    """Offers that are out keep their time. Raises BadRule."""
    said = {"answer_hours": answer_hours, "most_open": most_open, "silent_days": silent_days}
    for name, (least, most) in BOUNDS.items():
        if not least <= said[name] <= most:
            text = _("Choose a whole number from %(least)d to %(most)d.")
            raise BadRule(text % {"least": least, "most": most}, name)
    with transaction.atomic():
        terms = open_desk(now=now).terms
        for name, value in said.items():
            setattr(terms, name, value)
        terms.save()
        _record("lead_terms.changed", "lead_terms", said, actor=actor, now=now)
    return terms


def said_of(rule: LeadRule) -> dict:
    """What was said when the rule was written, for a form to start with."""
    named = rule.pool.filter(is_in=True).order_by("account__number")
    accounts = list(named.values_list("account__number", flat=True))
    return {name: getattr(rule, name) for name in NAMES if name != "accounts"} | {
        "accounts": accounts
    }


def _keep(rule: LeadRule, said: Ruling, *, actor: str, now: datetime) -> LeadRule:
    _check(said)
    accounts = _accounts(said.accounts)
    for name in NAMES:
        if name != "accounts":
            value = getattr(said, name)
            setattr(rule, name, list(value) if name in LISTS else value)
    rule.postcodes = [tidy_postcode(one) for one in said.postcodes]
    is_new = rule._state.adding
    rule.save()
    LeadPool.objects.bulk_create(
        [LeadPool(rule=rule, account=account) for account in accounts], ignore_conflicts=True
    )
    rule.pool.exclude(account__in=accounts).update(is_in=False)
    rule.pool.filter(account__in=accounts).update(is_in=True)
    kind = "lead_rule.added" if is_new else "lead_rule.changed"
    _record(kind, f"lead_rule:{rule.pk}", asdict(said), actor=actor, now=now)
    return rule


def _check(said: Ruling) -> None:
    if not said.name.strip():
        raise BadRule(_("Give it a name."), "name")
    for name in LISTS:
        values = getattr(said, name)
        if len(values) > MOST_VALUES or any(not 0 < len(one) <= 80 for one in values):
            text = _("Name at most %d values, each of at most 80 characters.")
            raise BadRule(text % MOST_VALUES, name)
    if not all(_COUNTRY.fullmatch(one) for one in said.countries):
        raise BadRule(_("Write countries as two capital letters, such as DE."), "countries")
    if said.method not in Method:
        raise BadRule(_("There is no such way to choose."), "method")
    if not 0 <= said.position <= 9999:
        raise BadRule(_("Choose a whole number from 0 to 9999."), "position")
    if not 0 <= said.least_certificates <= 999:
        raise BadRule(_("Choose a whole number from 0 to 999."), "least_certificates")
    if said.certificate_line and not said.least_certificates:
        raise BadRule(_("Say how many certificates it takes."), "least_certificates")
    if bool(said.attribute) != bool(said.attribute_value):
        raise BadRule(_("An attribute and its value belong together."), "attribute_value")


def _accounts(numbers: Sequence[str]) -> list[Account]:
    wanted = list(dict.fromkeys(numbers))
    if len(wanted) > MOST_ACCOUNTS:
        raise BadRule(_("Name at most %d partners.") % MOST_ACCOUNTS, "accounts")
    found = {one.number: one for one in Account.objects.filter(number__in=wanted)}
    for number in wanted:
        if number not in found:
            raise BadRule(_("There is no account “%s”.") % number[:64], "accounts")
    return [found[number] for number in wanted]


def _record(kind: str, subject: str, payload: dict, *, actor: str, now: datetime) -> None:
    record(
        kind=kind, occurred_at=now, recorded_at=now, actor=actor, subject=subject, payload=payload
    )
