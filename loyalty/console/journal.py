"""The journal: what was handed to accounting of the money in the ledger, and to which accounts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.file_answer import download
from rebates import journal
from rebates.journal import CannotPost
from rebates.models import JournalBatch, Posting
from rebates.posting_accounts import CannotMap, change_mapping, mapping
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
TREASURERS = ("owner", "finance")
PER_PAGE = 50


class Section(NamedTuple):
    legend: str | Promise
    fields: list[BoundField]


class MakeForm(forms.Form):
    through = forms.DateField(
        label=gettext_lazy("Up to and including"), widget=forms.DateInput(attrs={"type": "date"})
    )


class AccountsForm(forms.Form):
    """A debit and a credit for each kind; both empty where nothing of the kind ever happens."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for kind in Posting:
            for side, label in (("debit", _("Debit")), ("credit", _("Credit"))):
                self.fields[f"{kind}_{side}"] = forms.CharField(
                    label=label,
                    max_length=40,
                    required=False,
                    widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
                )

    @property
    def sections(self) -> Iterator[Section]:
        for kind in Posting:
            yield Section(kind.label, [self[f"{kind}_debit"], self[f"{kind}_credit"]])

    def pairs(self) -> dict[Posting, tuple[str, str]]:
        said = self.cleaned_data
        found = {kind: (said[f"{kind}_debit"], said[f"{kind}_credit"]) for kind in Posting}
        return {kind: pair for kind, pair in found.items() if any(pair)}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def batches(request: HttpRequest) -> HttpResponse:
    may_make = request.staff.role in TREASURERS
    if request.method == "POST":
        return _make(request) if may_make else _not_theirs(request)
    page = Paginator(JournalBatch.objects.order_by("-number"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    names = actor_names({one.made_by for one in page.object_list})
    mapped = mapping()
    context = {
        "page": page,
        "batches": [(one, names.get(one.made_by, "")) for one in page.object_list],
        "waiting": [(one, mapped.get(one.kind)) for one in journal.waiting()],
        "is_mapped": bool(mapped),
        "may_make": may_make,
        "yesterday": day_of(timezone.now(), request.tenant.zone) - timedelta(days=1),
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/journal.html", context)


@require_safe
@staff_required(*READERS)
def batch_page(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    found = get_object_or_404(JournalBatch, pk=batch_id)
    lines = found.lines.order_by("number")
    context = {
        "batch": found,
        "made_by": actor_names({found.made_by}).get(found.made_by, ""),
        "page": Paginator(lines, PER_PAGE).get_page(request.GET.get("page")),
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/journal_batch.html", context)


@require_safe
@staff_required(*READERS)
def batch_file(request: HttpRequest, batch_id: UUID) -> Any:
    """The same bytes whenever it is asked for."""
    name, content = journal.take_file(get_object_or_404(JournalBatch, pk=batch_id))
    return download(content, name=name)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*TREASURERS)
def accounts(request: HttpRequest) -> HttpResponse:
    form = AccountsForm(request.POST or None, initial=_kept())
    if form.is_valid():
        try:
            change_mapping(pairs=form.pairs(), actor=request.staff.actor, now=timezone.now())
        except CannotMap as refused:
            form.add_error(f"{refused.kind}_debit", str(refused))
        else:
            messages.success(request, _("Kept. It holds for batches to come."))
            return redirect("console_journal")
    status = 422 if form.errors else 200
    return render(request, "console/journal_accounts.html", {"form": form}, status=status)


def _make(request: HttpRequest) -> HttpResponse:
    form = MakeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say up to which day."))
        return redirect("console_journal")
    try:
        made = journal.make_batch(
            through=form.cleaned_data["through"],
            tenant=request.tenant,
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except CannotPost as refused:
        messages.error(request, str(refused))
        return redirect("console_journal")
    messages.success(request, _("Batch %d is made; it stays as it is for ever.") % made.number)
    return redirect("console_journal_batch", made.pk)


def _kept() -> dict[str, str]:
    known = mapping()
    return {f"{kind}_debit": one.debit for kind, one in known.items()} | {
        f"{kind}_credit": one.credit for kind, one in known.items()
    }


def _not_theirs(request: HttpRequest) -> HttpResponse:
    context = {"needed": _("Owner or Finance"), "held": request.staff.get_role_display()}
    return render(request, "people/role_needed.html", context, status=403)
