"""Agreements being written: a form, its bands and whom it is for; what was typed stays."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.conditions import BadCondition
from accounts.models import Program
from accounts.roles import staff_required
from loyalty.console import band_rows
from loyalty.console.agreement_form import AgreementForm
from loyalty.console.agreement_terms import initial_of
from loyalty.console.band_rows import BadNumber, bands_of
from loyalty.console.condition_rows import (
    Rows,
    choices,
    condition_of,
    known_values,
    operators,
    posted,
    rows_of,
)
from loyalty.console.drafts import show_on
from loyalty.console.kinds import EDITORS
from loyalty.programs import program_choice
from rebates import drafting
from rebates.models import AgreementVersion
from rebates.terms import BadTerms, parse_terms
from tiers.queries import ladder_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """`version` is the draft that is changed; None for a new agreement."""

    request: HttpRequest
    form: AgreementForm
    bands: band_rows.Rows
    rows: Rows
    version: AgreementVersion | None

    @property
    def is_saved(self) -> bool:
        """Whether it was sent to be saved, rather than for more rows."""
        return self.request.method == "POST" and "more" not in self.request.POST

    def said(self) -> dict[str, Any]:
        """Fields of a version. Raises BadNumber, BadCondition."""
        bands = bands_of(self.bands.rows, units=self.form.units)
        condition = condition_of(self.rows, currency=self.request.tenant.currency)
        return self.form.of_version(bands) | {"condition": condition}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_agreement(request: HttpRequest) -> HttpResponse:
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    program = choice.chosen
    editor = _editor(request, program)

    def save() -> AgreementVersion:
        return drafting.draft_agreement(
            program=program,
            **editor.form.of_agreement(),
            said=editor.said(),
            actor=request.staff.actor,
            now=timezone.now(),
        )

    return _answer(editor, save, done=_("The draft is saved. Try it on the past, then offer it."))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def edit_agreement(request: HttpRequest, version_id: UUID) -> HttpResponse:
    versions = AgreementVersion.objects.select_related(
        "agreement__program", "agreement__account", "agreement__owner"
    )
    version = get_object_or_404(versions, pk=version_id)
    if version.published_at or version.discarded_at:
        messages.error(request, str(drafting.NotADraft()))
        return redirect("console_agreement", version.agreement_id)
    editor = _editor(request, version.agreement.program, version)

    def save() -> AgreementVersion:
        about = {"actor": request.staff.actor, "now": timezone.now()}
        with transaction.atomic():  # both, or what was typed comes back with what is wrong
            drafting.change_agreement(
                agreement=version.agreement, changes=editor.form.of_agreement(), **about
            )
            return drafting.change_draft(version=version, said=editor.said(), **about)

    return _answer(editor, save, done=_("The draft is saved."))


def _editor(
    request: HttpRequest, program: Program, version: AgreementVersion | None = None
) -> Editor:
    """As it was sent, else as it is stored."""
    currency, now = request.tenant.currency, timezone.now()
    data = request.POST if request.method == "POST" else None
    form = AgreementForm(
        data,
        program=program,
        currency=currency,
        ladder=ladder_of(program_id=program.pk, as_of=now),
        agreement=version.agreement if version else None,
        initial=initial_of(version, currency=currency) if version else {},
    )
    if data is not None:
        bands, rows = band_rows.posted(data), posted(data)
    elif version is not None:
        bands = band_rows.rows_of(parse_terms(version.terms), currency=currency)
        rows = rows_of(version.condition, currency=currency)
    else:
        bands, rows = band_rows.Rows(), Rows("all", ())
    return Editor(request=request, form=form, bands=bands, rows=rows, version=version)


def _answer(editor: Editor, save: Any, *, done: str) -> HttpResponse:
    """The agreement's page once it is saved; else the form with what is wrong."""
    problems: dict[str, str] = {}
    form = editor.form
    if editor.is_saved and form.is_valid():
        try:
            saved = save()
        except drafting.CodeTaken as taken:
            form.add_error("code", str(taken))
        except (BadTerms, BadNumber) as problem:
            problems["bands_problem"] = str(problem)
        except BadCondition as problem:
            problems["problem"] = str(problem)
        except drafting.AgreementRefused as refusal:
            form.add_error(None, str(refusal))
        except ValidationError as bad:
            show_on(form, bad)
        else:
            messages.success(editor.request, done)
            return redirect("console_agreement", saved.agreement_id)
    return _page(editor, problems)


def _page(editor: Editor, problems: dict[str, str]) -> HttpResponse:
    agreement = editor.version.agreement if editor.version else None
    back_url = reverse("console_agreements")
    if agreement:
        back_url = reverse("console_agreement", args=[agreement.pk])
    context = {
        "form": editor.form,
        "bands": editor.bands,
        "rows": editor.rows,
        "fields": choices(editor.rows, for_accounts=True),
        "operators": operators(),
        "known": known_values(),
        "agreement": agreement,
        "version": editor.version,
        "back_url": back_url,
        "currency": editor.request.tenant.currency,
    }
    wrong = editor.is_saved and (editor.form.errors or problems)
    return render(
        editor.request,
        "console/agreement_edit.html",
        context | problems,
        status=422 if wrong else 200,
    )
