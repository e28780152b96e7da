"""A draft on real history before it is offered: what it would have paid, whom, and what it paid."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.models import Account
from accounts.roles import staff_required
from loyalty.console import band_rows
from loyalty.console.agreements import is_draft
from loyalty.console.band_rows import BadNumber, bands_of, units_of
from loyalty.console.kinds import READERS
from loyalty.rebate_terms import names, terms_words
from loyalty.rebate_words import period_name
from rebates.models import AgreementVersion
from rebates.terms import BadTerms, Terms, parse_terms
from rebates.trying import MOST_HOLDERS, MOST_PERIODS, Trial, Tried, try_on_past
from rewards.voice import Voice, voice_of

PER_PAGE = 50
USUAL_PERIODS = 4


class TrialForm(forms.Form):
    periods = forms.IntegerField(
        min_value=1,
        max_value=MOST_PERIODS,
        initial=USUAL_PERIODS,
        label=gettext_lazy("On how many past periods"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRow:
    """One account with what it sold and would have got in each period, and in all."""

    account: Account
    cells: list[tuple[str, str, int]]
    would: int
    was: int
    changed: int

    @property
    def more(self) -> int:
        return self.would - self.was


@require_safe
@staff_required(*READERS)
def trial(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """`?periods=` past ones; with `start` and `rate` of other bands beside them."""
    version = get_object_or_404(
        AgreementVersion.objects.select_related("agreement__program", "agreement__segment"),
        pk=version_id,
    )
    agreement, now = version.agreement, timezone.now()
    voice = voice_of(request.tenant, agreement.program.points_name)
    said = names(voice=voice, program_id=agreement.program_id, at=now).wording(
        version, period=agreement.period
    )
    terms = parse_terms(version.terms)
    form = TrialForm(request.GET if "periods" in request.GET else None)
    is_tried = not form.is_bound or form.is_valid()
    bands, changed, problem = _other_bands(request, version, terms)
    context: dict[str, Any] = {
        "agreement": agreement,
        "version": version,
        "is_draft": is_draft(version),
        "terms": terms_words(version, said),
        "form": form,
        "bands": bands,
        "problem": problem,
        "has_changed": changed is not None,
        "most": MOST_HOLDERS,
        "currency": request.tenant.currency,
        "voice": voice,
    }
    if is_tried and not problem:
        periods = form.cleaned_data["periods"] if form.is_bound else USUAL_PERIODS
        found = try_on_past(
            version, periods=periods, tenant=request.tenant, at=now, changed=changed
        )
        context |= _result(request, found, said=said, period=agreement.period, voice=voice)
    status = 422 if problem or not is_tried else 200
    return render(request, "console/agreement_trial.html", context, status=status)


def _other_bands(
    request: HttpRequest, version: AgreementVersion, terms: Terms
) -> tuple[band_rows.Rows, Terms | None, str]:
    """The bands in the form, the terms with them where they differ, and what is wrong with them."""
    stored = band_rows.rows_of(terms, currency=request.tenant.currency)
    asked = band_rows.posted(request.GET)
    if not asked.rows or asked == stored:
        return stored, None, ""
    units = units_of(terms, currency=request.tenant.currency)
    try:
        changed = parse_terms(version.terms | {"bands": bands_of(asked.rows, units=units)})
    except (BadNumber, BadTerms) as wrong:
        return asked, None, str(wrong)
    return asked, changed, ""


def _result(
    request: HttpRequest, found: Trial, *, said: Any, period: str, voice: Voice
) -> dict[str, Any]:
    """Totals by period, and the accounts by how much they would have got, a page at a time."""
    holders = sorted(
        found.by_holder.items(), key=lambda one: (-sum(row.would for row in one[1]), str(one[0]))
    )
    page = Paginator(holders, PER_PAGE).get_page(request.GET.get("page"))
    accounts = Account.objects.in_bulk([holder_id for holder_id, _rows in page.object_list])
    titles = [period_name(period, span.since, span.until, voice=voice) for span in found.spans]
    by_span = [[row for row in found.rows if row.span == span] for span in found.spans]
    return {
        "page": page,
        "periods": titles,
        "rows": [
            _holder(accounts[holder_id], rows, titles, said) for holder_id, rows in page.object_list
        ],
        "totals": [(title, *_sums(rows)) for title, rows in zip(titles, by_span, strict=True)],
        "total": _sums(found.rows),
        "is_all": found.is_all,
        "has_past": any(row.was for row in found.rows),
        "tried": True,
    }


def _holder(account: Account, rows: list[Tried], titles: list[str], said: Any) -> HolderRow:
    return HolderRow(
        account=account,
        cells=[
            (title, said.sold(max(row.sales.measured, 0)), row.would)
            for title, row in zip(titles, rows, strict=True)
        ],
        would=sum(row.would for row in rows),
        was=sum(row.was for row in rows),
        changed=sum(row.changed for row in rows),
    )


def _sums(rows: list[Tried]) -> tuple[int, int, int]:
    """What it would pay, what was paid, what the other bands would."""
    return (
        sum(row.would for row in rows),
        sum(row.was for row in rows),
        sum(row.changed for row in rows),
    )
