"""What a partner says of itself in the public directory: written by its admins, seen beforehand."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.files import CannotKeep
from accounts.models import Account
from accounts.models.people import PortalRole
from accounts.roles import member_required
from loyalty.form_sections import SectionedForm
from loyalty.lead_forms import lines_of
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from partners.directory.proposing import Saying, profile_of, propose, set_listed
from partners.directory.showing import listed
from partners.directory.terms import BadEntry, terms_of_tenant
from partners.models import DirectoryProfile, ProfileState, ProfileVersion
from rewards.voice import voice_of

PLACE = ("street", "postcode", "city", "country", "latitude", "longitude")


class ProfileForm(SectionedForm):
    SECTIONS = (
        (gettext_lazy("Who you are"), ("name", "website", "logo")),
        (gettext_lazy("What visitors read"), ("text",)),
        (gettext_lazy("Where you are"), ("places",)),
        (gettext_lazy("What you do"), ("specializations", "languages")),
    )

    name = forms.CharField(label=gettext_lazy("Public name"), max_length=120)
    text = forms.CharField(
        label=gettext_lazy("About you"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=gettext_lazy("Without e-mail addresses: robots collect them."),
    )
    website = forms.CharField(label=gettext_lazy("Website"), max_length=200, required=False)
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".png,.jpg,.jpeg"}),
        help_text=gettext_lazy("PNG or JPEG. Empty keeps the one that is there."),
    )
    places = forms.CharField(
        label=gettext_lazy("Places"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One on each line: street; postcode; city; country as two letters; and, where you "
            "like, latitude; longitude."
        ),
    )
    specializations = forms.MultipleChoiceField(
        label=gettext_lazy("Specializations"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    languages = forms.CharField(
        label=gettext_lazy("Languages"),
        max_length=800,
        required=False,
        help_text=gettext_lazy("Separated by commas."),
    )

    def __init__(self, *args: Any, offered: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["specializations"].choices = [(one, one) for one in offered]
        if not offered:
            del self.fields["specializations"]

    def clean_places(self) -> list[dict[str, str]]:
        rows = [line.split(";") for line in self.cleaned_data["places"].splitlines()]
        found = []
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not 4 <= len(cells) <= len(PLACE):
                raise forms.ValidationError(
                    _("Write each place as: street; postcode; city; country.")
                )
            found.append(dict(zip(PLACE, cells, strict=False)))
        return found

    def said(self) -> Saying:
        said = self.cleaned_data
        return Saying(
            name=said["name"],
            text=said["text"],
            website=said["website"],
            places=said["places"],
            specializations=said.get("specializations", ()),
            languages=lines_of(said["languages"]),
        )


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def directory(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member, terms = member_at(request, enrollment), terms_of_tenant()
    if not terms.is_open:
        raise Http404
    account = enrollment.account
    may_act = member.portal_role == PortalRole.ADMIN
    profile = profile_of(account)
    versions = _versions(profile)
    latest = next(iter(versions), None)
    form = _form(request, latest, account, terms.specializations)
    if request.method == "POST" and may_act:
        said = _act(request, form, account, member.actor)
        if said:
            messages.success(request, said)
            return redirect("portal_directory", enrollment_id)
    context = {
        "enrollment": enrollment,
        "enrollments": enrollments,
        "voice": voice_of(request.tenant, enrollment.program.points_name),
        "profile": profile,
        "latest": latest,
        "latest_logo": latest.logo if latest else None,
        "state": ProfileState(latest.state) if latest else "",
        "has_public": any(one.state == ProfileState.APPROVED for one in versions),
        "is_shown": bool(profile) and listed(now=timezone.now()).filter(profile=profile).exists(),
        "form": form,
        "may_act": may_act,
    }
    status = 422 if form.errors else 403 if request.method == "POST" else 200
    return render(request, "portal/directory.html", context, status=status)


def _versions(profile: DirectoryProfile | None) -> list[ProfileVersion]:
    """The newest first: what waits or was rejected, and what is public."""
    if profile is None:
        return []
    rows = ProfileVersion.objects.filter(profile=profile).exclude(state=ProfileState.REPLACED)
    return list(rows.select_related("logo", "profile").order_by("-proposed_at", "-id")[:20])


def _form(
    request: HttpRequest, latest: ProfileVersion | None, account: Account, offered: list[str]
) -> ProfileForm:
    initial: dict[str, Any] = {"name": account.name}
    if latest:
        initial = {name: getattr(latest, name) for name in ("name", "text", "website")}
        initial["specializations"] = latest.specializations
        initial["languages"] = ", ".join(latest.languages)
        initial["places"] = "\n".join(
            "; ".join(str(place[name]) for name in PLACE if name in place)
            for place in latest.places
        )
    if request.method == "POST" and request.POST.get("action") == "propose":
        return ProfileForm(request.POST, request.FILES, offered=offered, initial=initial)
    return ProfileForm(offered=offered, initial=initial)


def _act(request: HttpRequest, form: ProfileForm, account: Account, actor: str) -> str:
    """Do what the button says; "" where the form now says what is in the way."""
    now, action = timezone.now(), request.POST.get("action")
    try:
        if action in ("list", "unlist"):
            set_listed(account, wanted=action == "list", actor=actor, now=now)
            return (
                _("You take part in the directory.")
                if action == "list"
                else _("You are not in the directory any more.")
            )
        if action != "propose":
            raise Http404
        if not form.is_valid():
            return ""
        logo = form.cleaned_data["logo"]
        propose(account, form.said(), logo=logo, actor=actor, now=now)
    except BadEntry as bad:
        _refuse(form, str(bad), bad.field)
        return ""
    except CannotKeep as cannot:
        _refuse(form, str(cannot), "logo")
        return ""
    return _("Somebody looks at it; until then the directory shows what it showed before.")


def _refuse(form: ProfileForm, text: str, field: str) -> None:
    if not form.is_bound:
        form.is_bound, form.data = True, form.initial
        form.full_clean()
    form.add_error(field if field in form.fields else None, text)
