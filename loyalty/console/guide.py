"""The set-up guide as a page, and whether the home shows it."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.guide import show_guide
from accounts.roles import staff_required
from loyalty.console.first_steps import guide_of
from loyalty.lists.listed import LEADERS


class ShownForm(forms.Form):
    shown = forms.BooleanField(required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*LEADERS)
def guide(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    if request.method == "POST":
        form = ShownForm(request.POST)
        is_shown = form.is_valid() and form.cleaned_data["shown"]
        show_guide(tenant=request.tenant, is_shown=is_shown, actor=request.staff, now=now)
        if not is_shown:
            messages.info(request, _("The guide is closed; it stays under Workspace settings."))
        return redirect("console_guide" if is_shown else "console")
    context = {
        "guide": guide_of(request.tenant, now=now),
        "is_shown": request.tenant.guide_closed_at is None,
    }
    return render(request, "console/guide.html", context)
