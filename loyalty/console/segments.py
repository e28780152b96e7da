"""Segments: groups of accounts that rules and campaigns name."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.conditions import BadCondition
from accounts.models import Segment
from accounts.roles import staff_required
from accounts.segments import (
    SegmentTaken,
    accounts_in,
    change_segment,
    define_segment,
    sizes_of,
)
from loyalty.console.condition_rows import (
    Rows,
    choices,
    condition_of,
    known_values,
    operators,
    posted,
    rows_of,
)
from loyalty.console.kinds import EDITORS, READERS
from loyalty.console.list_page import list_answer
from loyalty.lists import SEGMENTS
from rewards.promises import condition_text
from rewards.voice import Voice, voice_of

SHOWN = 10


class SegmentForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("How rules name it, such as north-gold."),
    )

    def __init__(self, *args, is_new: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["code"]


@require_safe
@staff_required(*READERS)
def segment_list(request: HttpRequest) -> HttpResponse:
    return list_answer(
        request,
        SEGMENTS,
        "console/segments.html",
        rows=lambda segments: _rows(segments, voice_of(request.tenant)),
        may_edit=request.staff.role in EDITORS,
    )


def _rows(segments: Sequence[Segment], voice: Voice) -> list[dict[str, Any]]:
    sizes = sizes_of(segments)
    return [
        {
            "segment": one,
            "says": condition_text(one.condition, voice),
            "accounts": sizes[one.pk],
        }
        for one in segments
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_segment(request: HttpRequest) -> HttpResponse:
    form = SegmentForm(request.POST or None, is_new=True)
    return _edit(request, form, rows_of({}, currency=request.tenant.currency), None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def segment_page(request: HttpRequest, segment_id: UUID) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    form = SegmentForm(request.POST or None, is_new=False, initial={"name": segment.name})
    stored = rows_of(segment.condition, currency=request.tenant.currency)
    return _edit(request, form, stored, segment)


def _edit(
    request: HttpRequest, form: SegmentForm, rows: Rows, segment: Segment | None
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "segment": segment}
    if request.method == "POST":
        rows = posted(request.POST)
        try:
            condition = condition_of(rows, currency=request.tenant.currency)
            found = accounts_in(condition)
            context |= {"count": found.count(), "accounts": found.order_by("name", "id")[:SHOWN]}
            saving = not {"more", "look"} & set(request.POST)
            if saving and form.is_valid() and _save(request, form, condition, segment):
                return redirect("console_segments")
        except BadCondition as bad:
            context["problem"] = str(bad)
    elif segment is not None:
        found = accounts_in(segment.condition)
        context |= {"count": found.count(), "accounts": found.order_by("name", "id")[:SHOWN]}
    context |= {
        "rows": rows,
        "fields": choices(rows, for_accounts=True),
        "operators": operators(),
        "known": known_values(),
        "voice": voice_of(request.tenant),
    }
    status = 422 if form.errors or "problem" in context else 200
    return render(request, "console/segment.html", context, status=status)


def _save(
    request: HttpRequest, form: SegmentForm, condition: dict[str, Any], segment: Segment | None
) -> bool:
    who = {"actor": request.staff.actor, "now": timezone.now()}
    try:
        if segment is None:
            define_segment(**form.cleaned_data, condition=condition, **who)
        else:
            change_segment(segment=segment, **form.cleaned_data, condition=condition, **who)
    except SegmentTaken as taken:
        form.add_error("code", str(taken))
        return False
    messages.success(
        request, _("The segment “%(name)s” is saved.") % {"name": form.cleaned_data["name"]}
    )
    return True
