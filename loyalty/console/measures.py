"""Measures: what can be counted, how each is counted, where it is used, and what it says of an
account."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.counting import BadCounting
from accounts.declaring import (
    BadCode,
    MeasureInUse,
    MeasureTaken,
    NamedMeasure,
    change_measure,
    declare_measure,
    measures,
)
from accounts.kinds import kind_names
from accounts.models import Account, DeclaredMeasure
from accounts.roles import staff_required
from loyalty.console.kinds import EDITORS, READERS
from loyalty.console.list_page import list_answer
from loyalty.console.measure_form import MeasureForm
from loyalty.lists import MEASURES
from loyalty.lists.vocabulary import counting_words
from loyalty.measure_words import measure_words
from loyalty.measured import measured
from loyalty.rosters import found_by
from rewards.voice import voice_of
from tiers.uses import published_with, uses_of_measures

SHOWN = 10


@require_safe
@staff_required(*READERS)
def measure_list(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("account", "").replace("\0", "").strip()
    accounts = found_by(Account.objects.order_by("name", "id"), asked)[:SHOWN] if asked else []
    account = accounts[0] if len(accounts) == 1 else _numbered(asked)
    return list_answer(
        request,
        MEASURES,
        "console/measures.html",
        rows=lambda named: _rows(request, named, account),
        asked=asked,
        accounts=accounts,
        account=account,
        kept_filters=[(name, value) for name, value in request.GET.items() if name != "account"],
        may_edit=request.staff.role in EDITORS,
    )


def _numbered(number: str) -> Account | None:
    return Account.objects.filter(number=number).first()


def _rows(
    request: HttpRequest, some: Sequence[NamedMeasure], account: Account | None
) -> list[dict[str, Any]]:
    uses, words = uses_of_measures(), counting_words()
    values: dict[str, Any] = {}
    if account:
        told, named = measure_words(voice_of(request.tenant)), {one.code: one for one in some}
        values = measured(account, named, words=told, tenant=request.tenant, as_of=timezone.now())
    return [
        {
            "measure": one,
            "counted": words.told(one.counting),
            "uses": uses.get(one.code, []),
            "values": values.get(one.code, []),
        }
        for one in some
    ]


def _kinds() -> dict[str, str]:
    return kind_names()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_measure(request: HttpRequest) -> HttpResponse:
    form = MeasureForm(request.POST or None, kinds=_kinds(), measures=measures())
    if request.method == "POST" and form.is_valid():
        try:
            measure = declare_measure(
                code=form.cleaned_data["code"],
                name=form.cleaned_data["name"],
                counting=form.counting(),
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except (MeasureTaken, BadCode) as refusal:
            form.add_error("code", str(refusal))
        except BadCounting as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request,
                _("“%(name)s” is counted, from the first fact on.") % {"name": measure.name},
            )
            return redirect("console_measures")
    status = 422 if form.errors else 200
    return render(request, "console/measure.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def measure_page(request: HttpRequest, measure_id: UUID) -> HttpResponse:
    declared = get_object_or_404(DeclaredMeasure, pk=measure_id)
    named = measures()
    measure = named[declared.code]
    form = MeasureForm(request.POST or None, kinds=_kinds(), measures=named, measure=measure)
    if request.method == "POST" and form.is_valid() and _change(request, form, declared):
        return redirect("console_measures")
    context = {"form": form, "measure": measure, "uses": _uses(measure)}
    status = 422 if form.errors else 200
    return render(request, "console/measure.html", context, status=status)


def _change(request: HttpRequest, form: MeasureForm, declared: DeclaredMeasure) -> bool:
    try:
        change_measure(
            measure=declared,
            name=form.cleaned_data["name"],
            counting=form.counting(),
            used_by=published_with,
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except (MeasureInUse, BadCounting) as refusal:
        form.add_error(None, str(refusal))
        return False
    messages.success(request, _("“%(name)s” is changed.") % {"name": form.cleaned_data["name"]})
    return True


def _uses(measure: NamedMeasure) -> list[str]:
    return sorted(published_with({measure.code}))
