"""The tenant's settings: how it looks, and what it counts in while nothing is counted yet."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import brand
from accounts.addresses import tenant_url
from accounts.choices import currencies, time_zones
from accounts.models import Tenant
from accounts.models.people import StaffRole
from accounts.models.tenant import is_color
from accounts.roles import staff_required
from loyalty.branding import color_sheet


class LooksForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    brand_color = forms.CharField(
        label=_("Brand color"),
        help_text=_("Buttons, links and progress. Text on it is made readable by itself."),
        widget=forms.TextInput(
            attrs={"type": "color", "data-shows": "shown_brand", "data-previews": "brand"}
        ),
    )
    accent_color = forms.CharField(
        label=_("Accent color"),
        help_text=_("Second bars and badges."),
        widget=forms.TextInput(
            attrs={"type": "color", "data-shows": "shown_accent", "data-previews": "accent"}
        ),
    )
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG or WebP of at most 200 kB; shown 32 pixels high."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    without_logo = forms.BooleanField(label=_("Show the name instead of a logo"), required=False)

    def clean_logo(self) -> bytes | None:
        """The content; None where no file came."""
        file = self.cleaned_data["logo"]
        if not file:
            return None
        content = file.read(brand.LARGEST_LOGO + 1)
        try:
            brand.kind_of_logo(content)
        except brand.LogoRefused as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return content

    def changes(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        if said.pop("without_logo") and said["logo"] is None:
            said["logo"] = b""
        return said


class BasisForm(forms.Form):
    currency = forms.ChoiceField(label=_("Currency"))
    time_zone = forms.ChoiceField(label=_("Time zone"))
    fiscal_year_starts = forms.TypedChoiceField(
        label=_("The fiscal year starts in"),
        choices=list(MONTHS.items()),
        coerce=int,
        help_text=_("Fiscal quarters and years of tiers, caps and expiry follow it."),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = currencies()
        self.fields["time_zone"].choices = time_zones()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(StaffRole.OWNER, StaffRole.MANAGER)
def settings_page(request: HttpRequest) -> HttpResponse:
    tenant = request.tenant
    sent = request.POST.get("part")
    looks = _looks(request, tenant) if sent == "looks" else LooksForm(initial=_now_is(tenant))
    basis = BasisForm(request.POST if sent == "basis" else None, initial=_now_is(tenant))
    if sent == "looks" and looks.is_valid() and _change_looks(request, looks):
        return redirect("settings")
    if sent == "basis" and basis.is_valid() and _change_basis(request, basis):
        return redirect("settings")
    context = {
        "looks": looks,
        "basis": basis,
        "fiscal_month": MONTHS[tenant.fiscal_year_starts],
        "is_locked": brand.counting_has_begun(),
        "address": tenant_url(slug=tenant.slug),
    }
    status = 422 if looks.errors or basis.errors else 200
    return render(request, "people/settings.html", context, status=status)


@require_safe
@staff_required(StaffRole.OWNER, StaffRole.MANAGER)
def preview(request: HttpRequest) -> HttpResponse:
    """The colors being chosen, for the preview alone; 400 where one is no color."""
    brand_color, accent_color = request.GET.get("brand", ""), request.GET.get("accent", "")
    try:
        is_color(brand_color)
        is_color(accent_color)
    except forms.ValidationError:
        return HttpResponseBadRequest("No color.", content_type="text/plain")
    sheet = color_sheet(brand=brand_color, accent=accent_color, where=".brand-preview")
    return HttpResponse(sheet, content_type="text/css; charset=utf-8")


def _looks(request: HttpRequest, tenant: Tenant) -> LooksForm:
    return LooksForm(request.POST, request.FILES, initial=_now_is(tenant))


def _now_is(tenant: Tenant) -> dict[str, Any]:
    looks = ("name", "brand_color", "accent_color")
    basis = ("currency", "time_zone", "fiscal_year_starts")
    return {field: getattr(tenant, field) for field in (*looks, *basis)}


def _change_looks(request: HttpRequest, form: LooksForm) -> bool:
    try:
        brand.change_brand(
            tenant=request.tenant, **form.changes(), actor=request.staff, now=timezone.now()
        )
    except forms.ValidationError as refusal:
        for field, problems in refusal.message_dict.items():
            form.add_error(field, problems)
        return False
    messages.success(request, "Saved: everybody sees it from now on.")
    return True


def _change_basis(request: HttpRequest, form: BasisForm) -> bool:
    try:
        brand.change_basis(
            tenant=request.tenant, **form.cleaned_data, actor=request.staff, now=timezone.now()
        )
    except brand.CountingBegun:
        form.add_error(
            None, "Facts are in by now: currency, time zone and fiscal year stay as they are."
        )
        return False
    messages.success(request, "Saved.")
    return True
