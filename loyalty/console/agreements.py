"""Agreements on money back: the list, one with its versions and what it has come to, its way."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from accounts.conditions import BadCondition
from accounts.events import events_about
from accounts.hands import why_not_alone
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.agreement_sheet import period_sheet
from loyalty.console.agreement_papers import PaperForm
from loyalty.console.agreement_table import AgreementFilter, AgreementTable, agreement_rows
from loyalty.console.happenings import happenings
from loyalty.console.kinds import EDITORS, READERS
from loyalty.listing import address_without, chips, tidy_redirect, with_tidy_address
from loyalty.programs import program_choice
from loyalty.rebate_statements import all_statements, statements_told
from loyalty.rebate_terms import names, terms_words
from loyalty.rebate_words import agreement_look, days_text, party_text
from rebates import drafting, offering
from rebates.models import (
    Acceptance,
    Accrual,
    Agreement,
    AgreementState,
    AgreementVersion,
    Party,
)
from rebates.terms import BadTerms
from rewards.promises import condition_text
from rewards.voice import voice_of

PER_PAGE = 50
LAST_EVENTS = 15
LAST_STATEMENTS = 10
MOST_ACCRUALS = 20
REFUSALS = (drafting.AgreementRefused, BadTerms, BadCondition)


class DayForm(forms.Form):
    """A day from which something holds; empty where that is allowed."""

    day = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        label=gettext_lazy("For periods from"),
        help_text=gettext_lazy("The first day of a period; empty for the agreement's first day."),
    )


@require_safe
@staff_required(*READERS)
def agreement_list(request: HttpRequest) -> HttpResponse:
    if tidy := tidy_redirect(request):
        return tidy
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    voice = voice_of(request.tenant, choice.chosen.points_name)
    filters = AgreementFilter(request.GET, queryset=agreement_rows(choice.chosen.pk))
    table = AgreementTable(filters.qs, voice=voice)
    RequestConfig(request, paginate={"per_page": PER_PAGE}).configure(table)
    context = {
        "choice": choice,
        "filters": filters,
        "table": table,
        "chips": chips(request, filters.in_words()),
        "clear_url": address_without(request, *filters.form.fields),
        "may_edit": request.staff.role in EDITORS,
        "voice": voice,
    }
    return with_tidy_address(request, render(request, "console/agreements.html", context))


@require_safe
@staff_required(*READERS)
def agreement_page(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    """One agreement; `?version=` shows another version than the one that matters now."""
    agreement = _agreement(agreement_id)
    voice, now = voice_of(request.tenant, agreement.program.points_name), timezone.now()
    said = names(voice=voice, program_id=agreement.program_id, at=now)
    today = day_of(now, voice.zone)
    versions = list(agreement.versions.filter(discarded_at=None).order_by("-number"))
    version = _shown(request, versions, today=today)
    accruals = _accruals(agreement)
    context = {
        "agreement": agreement,
        "look": agreement_look(agreement.state),
        "party": party_text(agreement),
        "days": days_text(agreement.starts_on, agreement.ends_on, voice=voice),
        "version": version,
        "versions": [(one, version_state(one, today=today)) for one in versions],
        "terms": terms_words(version, said.wording(version, period=agreement.period)),
        "meant": condition_text(version.condition, voice) if version.condition else "",
        "accruals": [period_sheet(one, names=said, today=today) for one in accruals],
        "statements": statements_told(
            list(all_statements().filter(agreement=agreement)[:LAST_STATEMENTS]),
            voice=voice,
            now=now,
        ),
        "acceptances": Acceptance.objects.filter(version=version).select_related("account")[
            :MOST_ACCRUALS
        ],
        "happenings": happenings(
            events_about(f"agreement:{agreement.pk}").reverse()[:LAST_EVENTS],
            voice=voice,
        ),
        "voice": voice,
    }
    context |= _choices(request, agreement, version, versions)
    return render(request, "console/agreement.html", context)


def version_state(version: AgreementVersion, *, today: date) -> tuple[str, str, str]:
    """(word, tone, icon) of a version."""
    if version.discarded_at:
        return _("Discarded"), "", "trash"
    if version.published_at is None:
        return _("Draft"), "warn", "pencil"
    if version.valid_to and version.valid_to <= max(today, version.valid_from):
        return _("Ended"), "", "stop"
    if version.valid_from > today:
        return _("Offered"), "brand", "clock"
    return _("In force"), "good", "check-circle"


def is_draft(version: AgreementVersion) -> bool:
    return version.published_at is None and version.discarded_at is None


def _agreements() -> QuerySet[Agreement]:
    return Agreement.objects.select_related("program", "account", "segment", "owner")


def _agreement(agreement_id: UUID) -> Agreement:
    return get_object_or_404(_agreements(), pk=agreement_id)


def _shown(
    request: HttpRequest, versions: list[AgreementVersion], *, today: date
) -> AgreementVersion:
    """The version in the address; else a draft, which waits for somebody; else the newest that is
    in force. Raises Http404."""
    asked = request.GET.get("version")
    if asked is not None:
        versions = [one for one in versions if str(one.number) == asked]
    else:
        begun = [one for one in versions if is_draft(one) or one.valid_from <= today]
        versions = begun or versions
    if not versions:
        raise Http404
    return versions[0]


def _accruals(agreement: Agreement) -> list[Accrual]:
    """The newest periods, those that earned most first."""
    found = Accrual.objects.filter(agreement=agreement)
    told = found.select_related("agreement", "version", "account")
    return list(told.order_by("-since", "-amount", "account__name")[:MOST_ACCRUALS])


def _choices(
    request: HttpRequest,
    agreement: Agreement,
    version: AgreementVersion,
    versions: list[AgreementVersion],
) -> dict[str, Any]:
    """What the reader may do with it."""
    may_edit = request.staff.role in EDITORS
    drafted = is_draft(version)
    authors = version.authors if drafted else ()
    is_open = agreement.state != AgreementState.CLOSED
    return {
        "may_edit": may_edit,
        "is_draft": drafted,
        "needs_other": bool(why_not_alone(request.staff.actor, authors=authors)),
        "may_offer": may_edit and drafted,
        "may_draft": may_edit and is_open and not any(map(is_draft, versions)),
        "may_end": may_edit
        and agreement.state in (AgreementState.ACCEPTED, AgreementState.RUNNING),
        "may_attach": may_edit and drafted,
        "paper_form": PaperForm(),
        "offer": DayForm(initial={"day": version.valid_from}),
        "is_many": agreement.party in (Party.SEGMENT, Party.TIER),
    }


# ── What can be done ─────────────────────────────────────────────────────────────────────────────


@require_POST
@staff_required(*EDITORS)
def offer(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version, form = _version(version_id), DayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Write the first day like 2026-03-31."))
        return redirect("console_agreement", version.agreement_id)
    return _decide(
        request,
        version.agreement,
        lambda **about: offering.offer_version(
            version=version, valid_from=form.cleaned_data["day"], **about
        ),
        done=_("“%(name)s” is offered."),
    )


@require_POST
@staff_required(*EDITORS)
def discard(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version = _version(version_id)
    _decide(
        request,
        version.agreement,
        lambda **about: drafting.discard_draft(version=version, **about),
        done=_("The draft of “%(name)s” is put away."),
    )
    if version.agreement.versions.filter(discarded_at=None).exists():
        return redirect("console_agreement", version.agreement_id)
    return redirect("console_agreements")


@require_POST
@staff_required(*EDITORS)
def next_version(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    """A draft of the next version, with the terms of the newest one."""
    agreement = _agreement(agreement_id)
    drafted = _decide(
        request,
        agreement,
        lambda **about: drafting.draft_next(agreement=agreement, said={}, **about),
        done=_("A new version of “%(name)s” is a draft now: change what you want."),
    )
    draft = agreement.versions.filter(published_at=None, discarded_at=None).first()
    return redirect("console_agreement_edit", draft.pk) if draft else drafted


@require_POST
@staff_required(*EDITORS)
def end(request: HttpRequest, agreement_id: UUID) -> HttpResponse:
    """The day sent is the last one it lasts."""
    agreement, form = _agreement(agreement_id), DayForm(request.POST)
    day = form.cleaned_data["day"] if form.is_valid() else None
    if day is None:
        messages.error(request, _("Say its last day, like 2026-03-31."))
        return redirect("console_agreement", agreement.pk)
    return _decide(
        request,
        agreement,
        lambda **about: offering.end_agreement(
            agreement=agreement, on=day + timedelta(days=1), **about
        ),
        done=_("“%(name)s” ends on that day."),
    )


def _version(version_id: UUID) -> AgreementVersion:
    return get_object_or_404(
        AgreementVersion.objects.select_related("agreement__program"), pk=version_id
    )


def _decide(
    request: HttpRequest, agreement: Agreement, act: Callable[..., object], *, done: str
) -> HttpResponse:
    """Do it, and say what came of it."""
    try:
        act(actor=request.staff.actor, now=timezone.now())
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, done % {"name": agreement.name})
    return redirect("console_agreement", agreement.pk)
