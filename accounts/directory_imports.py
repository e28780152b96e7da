"""Accounts and products out of files: new ones made, known ones brought up to date."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext

from accounts.enrolling import enroll
from accounts.facts import FactRefused, refuse_longer, refuse_unfit, shown
from accounts.families import Families, families_of
from accounts.importing import Intent, Ruling, Verdict
from accounts.imports import OptionsWrong, read_day
from accounts.models import Account, ImportRun, Product, Program, Staff, Tenant
from accounts.models.imports import ImportTarget
from accounts.periods import start_of

Item = dict[str, Any]

_LONGEST = {"rep": 254, "parent": 64}  # an e-mail and a number, where the model has an account
_ACCEPTED, _CHANGED, _KNOWN = Ruling("accepted"), Ruling("accepted", "changed"), Ruling("known")


class ProgramUnknown(OptionsWrong):
    """Accounts were to be enrolled in a program that is not there."""


def account_options(*, enroll: str | None, enrolled_on: str | None) -> dict[str, Any]:
    """Options of a run that imports accounts; `enrolled_on` is an ISO date. Raises OptionsWrong."""
    if enrolled_on and not enroll:
        raise OptionsWrong(
            gettext("Say which program to enroll in, or leave the day of enrollment out.")
        )
    if enrolled_on:
        read_day(enrolled_on)
    return {"enroll": enroll, "enrolled_on": enrolled_on} if enroll else {}


def accounts_intent(run: ImportRun, tenant: Tenant) -> Intent:
    """Takes accounts in; the run's options may say `enroll` (a program's slug) and `enrolled_on`.

    Raises ProgramUnknown.
    """
    slug = run.options.get("enroll")
    program = Program.objects.filter(slug=slug).first() if slug else None
    if slug and program is None:
        known = ", ".join(Program.objects.order_by("slug").values_list("slug", flat=True))
        raise ProgramUnknown(
            gettext("There is no program %(slug)s; there is %(known)s.")
            % {"slug": shown(slug), "known": known or gettext("none yet")}
        )
    since = run.options.get("enrolled_on")
    enrolled_at = start_of(date.fromisoformat(since), tenant.zone) if since else run.created_at

    def take(items: Sequence[Item], as_of: datetime) -> Sequence[Verdict]:
        rulings = take_accounts(items)
        if program is not None:
            fit = {
                i["number"] for i, r in zip(items, rulings, strict=True) if r.status != "rejected"
            }
            enroll(
                program=program,
                account_ids=_ids_of(fit),
                enrolled_at=enrolled_at,
                recorded_at=as_of,
                actor=run.started_by,
            )
        return rulings

    return Intent(read=lambda raw: read_item(raw, Account), take=take)


def products_intent(run: ImportRun, tenant: Tenant) -> Intent:
    return Intent(
        read=lambda raw: read_item(raw, Product), take=lambda items, as_of: take_products(items)
    )


INTENTS: dict[ImportTarget, Callable[[ImportRun, Tenant], Intent]] = {
    ImportTarget.ACCOUNTS: accounts_intent,
    ImportTarget.PRODUCTS: products_intent,
    # Apps upstairs add theirs when they are ready.
}


def intent_of(run: ImportRun, tenant: Tenant) -> Intent:
    return INTENTS[ImportTarget(run.target)](run, tenant)


def _ids_of(numbers: set[str]) -> list[UUID]:
    found = Account.objects.filter(number__in=numbers).order_by("id")
    return list(found.values_list("id", flat=True))


# ── Rows ─────────────────────────────────────────────────────────────────────────────────────────


def read_item(raw: Mapping[str, object], model: type[models.Model]) -> Item:
    """The fields of `raw`, each fit for its column of `model`. Raises FactRefused."""
    item: Item = {}
    for name, value in raw.items():
        if isinstance(value, dict):
            item[name] = {key: _fit(str(text), key, 400) for key, text in value.items()}
        else:
            longest = _LONGEST.get(name) or model._meta.get_field(name).max_length
            item[name] = _fit(str(value), name, longest)
    for name in ("number", "sku", "name"):
        if name in item and not item[name]:
            raise FactRefused(gettext("%(field)s is empty.") % {"field": name})
    return item


def _fit(value: str, name: str, longest: int) -> str:
    text = value.strip()
    if len(text) > longest:
        refuse_longer(text, name, longest)
    if not text.isprintable():
        refuse_unfit(text, name)
    return text


# ── Taking in ────────────────────────────────────────────────────────────────────────────────────


def take_accounts(items: Sequence[Item]) -> list[Ruling]:
    """Make or update accounts by their number. Only the fields in the items are written; attributes
    are added to those that are there. `rep` is the e-mail of an active member of staff, or "";
    `parent` the number of an account that is there or that an earlier item makes, or ""."""
    reps = _staff({item["rep"].lower() for item in items if item.get("rep")})
    families = families_of(items)
    rulings: list[Ruling] = []
    fit: list[tuple[int, Item, bool]] = []
    for index, item in enumerate(items):
        try:
            fields = _fields(item, reps, families)
        except FactRefused as refused:
            rulings.append(Ruling("rejected", str(refused)))
            continue
        families.there_is(item["number"])
        moves = "parent" in item and families.move(item["number"], item["parent"])
        fit.append((index, fields, moves))
        rulings.append(_KNOWN)
    written = _upsert(Account, "number", [fields for _, fields, _ in fit])
    families.write()
    for (index, _, moves), ruling in zip(fit, written, strict=True):
        rulings[index] = _CHANGED if moves and ruling == _KNOWN else ruling
    return rulings


def _fields(item: Item, reps: Mapping[str, UUID], families: Families) -> Item:
    """What is written of an item, but for its parent. Raises FactRefused."""
    fields = dict(item)
    if "rep" in item:
        email = fields.pop("rep").lower()
        if email and email not in reps:
            raise FactRefused(
                gettext("Nobody active among your staff has the e-mail %(email)s.")
                % {"email": shown(email)}
            )
        fields["rep_id"] = reps.get(email)
    if "domain" in item:
        fields["domain"] = fields["domain"].lower()
    if "parent" in item:
        families.check(item["number"], fields.pop("parent"))
    return fields


def _staff(emails: set[str]) -> dict[str, UUID]:
    found = Staff.objects.filter(is_active=True, user__email__in=emails)
    return dict(found.values_list("user__email", "id"))


def take_products(items: Sequence[Item]) -> list[Ruling]:
    """Make or update products by their SKU. Facts keep the line a product had at their time."""
    return _upsert(Product, "sku", items)


def _upsert(model: type[models.Model], key: str, items: Sequence[Item]) -> list[Ruling]:
    keys = {item[key] for item in items}
    there = {
        getattr(row, key): row
        for row in model._default_manager.filter(**{f"{key}__in": keys})
        .select_for_update(no_key=True)
        .order_by("id")
    }
    rulings, written = [], {}
    for item in items:
        row = there.get(item[key])
        if row is None:
            there[item[key]] = written[item[key]] = model(**item)
            rulings.append(_ACCEPTED)
        elif _bring_up_to_date(row, item):
            written[item[key]] = row
            rulings.append(_CHANGED)
        else:
            rulings.append(_KNOWN)
    if written:
        columns = {name.removesuffix("_id") for item in items for name in item} - {key}
        # An upsert, since the same account may be made elsewhere at this moment.
        model._default_manager.bulk_create(
            written.values(),
            update_conflicts=True,
            unique_fields=["tenant", key],
            update_fields=sorted(columns),
        )
    return rulings


def _bring_up_to_date(row: models.Model, item: Item) -> bool:
    """Whether anything changed."""
    changed = False
    for name, value in item.items():
        before = getattr(row, name)
        after = before | value if isinstance(value, dict) else value
        if after != before:
            setattr(row, name, after)
            changed = True
    return changed
