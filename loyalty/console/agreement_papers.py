"""The papers of an agreement's draft: attached, and taken off again."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.files import LARGEST, CannotKeep
from accounts.roles import staff_required
from loyalty.console.kinds import EDITORS
from loyalty.file_field import ACCEPTED
from rebates import papers
from rebates.drafting import AgreementRefused
from rebates.models import AgreementVersion


class PaperForm(forms.Form):
    paper = forms.FileField(
        label=gettext_lazy("Attach a paper"),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text=format_lazy(
            gettext_lazy("The contract or an annex, at most {most} MB."), most=LARGEST // 1024**2
        ),
    )


@require_POST
@staff_required(*EDITORS)
def attach(request: HttpRequest, version_id: UUID) -> HttpResponse:
    version = _version(version_id)
    form = PaperForm(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, " ".join(str(one) for all_ in form.errors.values() for one in all_))
        return _back(version)
    try:
        papers.attach(
            version=version,
            upload=form.cleaned_data["paper"],
            actor=request.staff.actor,
            now=timezone.now(),
        )
    except (AgreementRefused, CannotKeep) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Attached. It is offered, and accepted, with the terms."))
    return _back(version)


@require_POST
@staff_required(*EDITORS)
def detach(request: HttpRequest, version_id: UUID, file_id: UUID) -> HttpResponse:
    version = _version(version_id)
    if papers.paper_of([version], file_id) is None:
        raise Http404
    try:
        papers.detach(
            version=version, file_id=file_id, actor=request.staff.actor, now=timezone.now()
        )
    except AgreementRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Taken off the draft."))
    return _back(version)


def _version(version_id: UUID) -> AgreementVersion:
    return get_object_or_404(
        AgreementVersion.objects.select_related("agreement__program"), pk=version_id
    )


def _back(version: AgreementVersion) -> HttpResponse:
    to = redirect("console_agreement", version.agreement_id)
    to["Location"] += f"?version={version.number}"
    return to
