"""What a partner says of itself in the public directory: written by its admins, seen beforehand."""

from collections.abc import Iterator
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
from loyalty.form_sections import Section, SectionedForm
from loyalty.lead_forms import lines_of
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.rewards import member_at
from partners.directory.proposing import MOST_PLACES, Saying, profile_of, propose, set_listed
from partners.directory.showing import listed
from partners.directory.terms import BadEntry, terms_of_tenant
from partners.models import DirectoryProfile, ProfileState, ProfileVersion
from rewards.voice import voice_of

# The parts of a place: what they are called, how long they can be, and what helps.
PLACE = {
    "street": (gettext_lazy("Street"), 120, ""),
    "postcode": (gettext_lazy("Postcode"), 20, ""),
    "city": (gettext_lazy("City"), 120, ""),
    "country": (gettext_lazy("Country"), 2, gettext_lazy("Two letters, such as DE.")),
    "latitude": (gettext_lazy("Latitude"), 13, gettext_lazy("For a map, such as 48.137.")),
    "longitude": (gettext_lazy("Longitude"), 13, ""),
}
MORE_PLACES = 3  # empty ones offered beside those that are there


class ProfileForm(SectionedForm):
    SECTIONS = (
        (gettext_lazy("Who you are"), ("name", "website", "logo")),
        (gettext_lazy("What visitors read"), ("text",)),
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

    def __init__(
        self, *args: Any, offered: list[str], places: list[dict[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = max(len(places), 1)
        self.rows = range(min(self.known + MORE_PLACES, MOST_PLACES))
        for row in self.rows:
            there = places[row] if row < len(places) else {}
            for name, (label, length, help_text) in PLACE.items():
                self.fields[f"{name}_{row}"] = forms.CharField(
                    label=label,
                    max_length=length,
                    required=False,
                    help_text=help_text,
                    initial=there.get(name, ""),
                )
        self.fields["specializations"].choices = [(one, one) for one in offered]
        if not offered:
            del self.fields["specializations"]

    def sections(self) -> Iterator[Section]:
        """The places behind what is written once; each is one, and those not needed are folded."""
        for section in self._written_once():
            yield section
            if "text" in {field.name for field in section.fields}:
                for row in self.rows:
                    legend = _("Place %d") % (row + 1)
                    fields = [self[f"{name}_{row}"] for name in PLACE]
                    yield Section(legend, fields, is_folded=self._is_folded(row))

    def _written_once(self) -> Iterator[Section]:
        for legend, names in self.SECTIONS:
            if fields := [self[name] for name in names if name in self.fields]:
                yield Section(legend, fields)

    def _is_folded(self, row: int) -> bool:
        return row >= self.known and not any(self[f"{name}_{row}"].value() for name in PLACE)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        data["places"] = []
        for row in self.rows:
            place = {name: data.get(f"{name}_{row}", "") for name in PLACE}
            if not any(place.values()):
                continue
            for name, missing in (
                ("city", _("Say in which city it is.")),
                ("country", _("Say in which country it is.")),
            ):
                if not place[name] and f"{name}_{row}" not in self.errors:
                    self.add_error(f"{name}_{row}", missing)
            data["places"].append(place)
        return data

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
    said: dict[str, Any] = {"offered": offered, "places": latest.places if latest else []}
    if latest:
        initial = {name: getattr(latest, name) for name in ("name", "text", "website")}
        initial["specializations"] = latest.specializations
        initial["languages"] = ", ".join(latest.languages)
    if request.method == "POST" and request.POST.get("action") == "propose":
        return ProfileForm(request.POST, request.FILES, initial=initial, **said)
    return ProfileForm(initial=initial, **said)


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
