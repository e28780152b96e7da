"""Keys for the API: made, shown once, revoked."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.keys import make_key, revoke_key, scopes_for
from accounts.models import ApiKey
from accounts.models.people import StaffRole
from accounts.roles import staff_required
from loyalty.console.list_page import list_answer
from loyalty.lists import KEYS

manages_keys = staff_required(StaffRole.OWNER, StaffRole.MANAGER)


class KeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("The system that will use it, such as “ERP, nightly orders”."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = list(scopes_for(role).items())


@require_http_methods(["GET", "HEAD", "POST"])
@manages_keys
@never_cache
def keys(request: HttpRequest) -> HttpResponse:
    form = KeyForm(request.POST or None, role=request.staff.role)
    secret = None
    if request.method == "POST" and form.is_valid():
        # Shown in this very answer and kept nowhere, so there is no redirect to another page.
        _key, secret = make_key(**form.cleaned_data, actor=request.staff, now=timezone.now())
        form = KeyForm(role=request.staff.role)
    answer = list_answer(
        request, KEYS, "people/keys.html", rows=lambda keys: keys, form=form, secret=secret
    )
    if form.errors:
        answer.status_code = 422
    return answer


@require_POST
@manages_keys
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=key_id)
    revoke_key(key=key, actor=request.staff, now=timezone.now())
    messages.success(request, _("The key “%(name)s” opens nothing any more.") % {"name": key.name})
    return redirect("keys")
