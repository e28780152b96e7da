"""A draft of a ladder before it is published: who would move, what it costs, what to ask."""

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import JobRun
from accounts.models.job import JobState
from accounts.readings import BEST_OF, TOTAL, BadReading, Reading
from accounts.roles import staff_required
from accounts.windows import parse_window
from loyalty.console.criteria_rows import Rows, takes, window_of, windows
from loyalty.console.kinds import EDITORS, READERS
from loyalty.console.ladders import version_of
from loyalty.ladders import criteria_words
from loyalty.measure_words import SPLITS, MeasureWords
from rewards import impact
from rewards.tasks import preview_tiers
from rewards.terms import current_terms
from rewards.voice import voice_of
from tiers import publishing
from tiers.ladders import BadLadder, Ladder, as_ladder
from tiers.models import SchemeVersion, State
from tiers.preview import Change, Preview, movers
from tiers.proposing import BadShares, Proposed, propose

PER_PAGE = 50
MOST_SHARES = 19
# A Fraction reads “9e9999999”, too, and computes all of its digits: a worker's time and memory.
_SHARE = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,6})?")


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def preview(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Who would move if the version came into force now: counts, and names for one of them.

    Of many accounts a worker finds out, and this page shows how far it is; to send its form is to
    ask for it anew.
    """
    version = version_of(version_id)
    program = version.scheme.program
    is_large = impact.is_large(program)
    if request.method == "POST":
        if is_large:
            _run_for(request, version, anew=True)
        return redirect("console_ladder_preview", version_id=version.pk)
    context: dict[str, Any] = {
        "version": version,
        "voice": voice_of(request.tenant, program.points_name),
    }
    try:
        draft = as_ladder(version)
        context |= _by_a_worker(request, version) if is_large else _at_once(request, draft)
    except (BadLadder, BadReading) as bad:
        context["problem"] = str(bad)
    return render(request, "console/ladder_preview.html", context)


def _run_for(request: HttpRequest, version: SchemeVersion, *, anew: bool) -> JobRun:
    run = impact.run_for(version, anew=anew, actor=request.staff.actor, now=timezone.now())
    if impact.is_to_be_sent(run):
        message = {"tenant_id": str(request.tenant.id), "run_id": str(run.pk)}
        preview_tiers.delay_on_commit(**message)  # pyrefly: ignore[not-callable]
    return run


def _by_a_worker(request: HttpRequest, version: SchemeVersion) -> dict[str, Any]:
    """What was found out for the version as it is drafted now, or that this is being done."""
    run = _run_for(request, version, anew=False)
    if run.state != JobState.DONE:
        return {"run": run, "is_polled": run.state == JobState.RUNNING}
    found = impact.kept_by(run)
    context = _told(found) | {"run": run}
    change = _asked_for(request, found.preview)
    if change is not None:
        names = [
            name
            for one in found.preview.changes
            if (one.from_tier, one.to_tier) == (change.from_tier, change.to_tier)
            for name in impact.names_kept_by(run, one)
        ]
        context |= {"change": change, "movers": names[: impact.SHOWN]}
    return context


def _at_once(request: HttpRequest, draft: Ladder) -> dict[str, Any]:
    found, named = impact.impact_of(
        draft,
        at=timezone.now(),
        setting=current_terms().setting,
        name=lambda preview: _named(request, draft, preview),
    )
    return _told(found) | named


def _told(found: impact.Impact) -> dict[str, Any]:
    return {
        "preview": found.preview,
        "points": found.points,
        "since": found.since,
        "climb": found.climb,
        "at": found.at,
    }


def _asked_for(request: HttpRequest, found: Preview) -> Change | None:
    """The way that the address asks for; as another ladder may have multiplied until now, it can
    be there with several factors."""
    asked = (request.GET.get("from", ""), request.GET.get("to", ""))
    same = [one for one in found.changes if (one.from_tier, one.to_tier) == asked]
    return replace(same[0], accounts=sum(one.accounts for one in same)) if same else None


def _named(request: HttpRequest, draft: Ladder, found: Preview) -> dict[str, Any]:
    """The names behind the change that the address asks for."""
    change = _asked_for(request, found)
    if change is None:
        return {}
    page = Paginator(range(change.accounts), PER_PAGE).get_page(request.GET.get("page"))
    named = movers(
        draft,
        from_tier=change.from_tier,
        to_rank=change.to_rank,
        offset=page.start_index() - 1,
        limit=PER_PAGE,
    )
    return {"change": change, "page": page, "movers": named}


class ProposalForm(forms.Form):
    """What is to decide, and for which share of accounts each tier is."""

    measure = forms.ChoiceField(label=gettext_lazy("Measure"))
    window = forms.ChoiceField(label=pgettext_lazy("measured over", "Over"))
    take = forms.ChoiceField(label=gettext_lazy("Taken"))
    shares = forms.CharField(
        label=gettext_lazy("Shares"),
        max_length=200,
        help_text=gettext_lazy(
            "Percent of accounts that should reach each tier above the first, the lowest "
            "tier first, such as 50, 20, 5."
        ),
    )

    def __init__(self, *args: Any, words: MeasureWords, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = sorted(words.names.items(), key=lambda one: one[1])
        self.fields["measure"].choices = named
        self.fields["window"].choices = windows(Rows())
        self.fields["take"].choices = takes()

    def clean_shares(self) -> list[Fraction]:
        texts = [text.strip().removesuffix("%") for text in self.cleaned_data["shares"].split(",")]
        if not all(_SHARE.fullmatch(text) for text in texts if text):
            raise forms.ValidationError(str(BadShares()))
        return [Fraction(text) for text in texts if text][:MOST_SHARES]

    def reading(self) -> Reading:
        said = self.cleaned_data
        taken, _, family = said["take"].partition(":")
        by = taken if taken in SPLITS else ""
        return Reading(
            measure=said["measure"],
            window=window_of(said["window"]) or parse_window({"window": "quarter"}),
            take=BEST_OF if by else TOTAL,
            by=by,
            family=bool(family) or taken == "family",
        )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def propose_thresholds(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Thresholds from twelve months of history; written into the draft on demand."""
    version = version_of(version_id)
    if version.state != State.DRAFT:
        raise Http404
    voice = voice_of(request.tenant, version.scheme.program.points_name)
    words = criteria_words(
        voice=voice, program_id=version.scheme.program_id, at=timezone.now()
    ).measures
    asked = request.POST or request.GET
    form = ProposalForm(asked if "shares" in asked else None, words=words, initial=_USUAL)
    context: dict[str, Any] = {"version": version, "form": form, "voice": voice}
    if form.is_bound and form.is_valid():
        try:
            found = _proposed(form, version)
        except (BadShares, BadReading) as bad:
            form.add_error(None, str(bad))
        else:
            if request.method == "POST":
                return _write(request, version, form.reading(), found)
            context["proposed"] = _proposals(found, version, form.reading(), words)
    status = 422 if form.errors else 200
    return render(request, "console/ladder_propose.html", context, status=status)


_USUAL = {"measure": "revenue", "window": "quarter", "take": TOTAL, "shares": "50, 20, 5"}


def _proposed(form: ProposalForm, version: SchemeVersion) -> list[Proposed]:
    return propose(
        form.reading(),
        shares=form.cleaned_data["shares"],
        program_id=version.scheme.program_id,
        at=timezone.now(),
        setting=current_terms().setting,
    )


def _proposals(
    found: list[Proposed], version: SchemeVersion, reading: Reading, words: MeasureWords
) -> list[dict[str, Any]]:
    """The tier of each threshold, what it asks, and how many accounts reach it."""
    names = [rung["name"] for rung in version.rungs[1:]]
    return [
        {
            "name": names[place]
            if place < len(names)
            else _("Tier %(place)s") % {"place": place + 1},
            "asks": words.value(reading.measure, one.threshold),
            "share": words.voice.number(Decimal(one.share.numerator) / one.share.denominator),
            "reached_by": words.voice.number(Decimal(one.reached_by) / 10),
        }
        for place, one in enumerate(found)
    ]


def _write(
    request: HttpRequest, version: SchemeVersion, reading: Reading, found: list[Proposed]
) -> HttpResponse:
    """Make the proposed thresholds what the draft's tiers ask."""
    asked: dict[str, Any] = {"measure": reading.measure, "window": reading.window.as_json()}
    if reading.by:
        asked["take"] = {BEST_OF: reading.by}
    if reading.family:
        asked["family"] = True
    rungs = [dict(rung) for rung in version.rungs]
    for rung, one in zip(rungs[1:], found, strict=False):
        rung["criteria"] = asked | {"op": "gte", "threshold": one.threshold}
    terms = {name: getattr(version, name) for name in publishing.CHOSEN} | {"rungs": rungs}
    try:
        publishing.change_draft(
            version=version, terms=terms, actor=request.staff.actor, now=timezone.now()
        )
    except (publishing.NotADraft, BadLadder) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The thresholds are in the draft."))
    return redirect("console_ladder", version_id=version.pk)
