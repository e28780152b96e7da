"""Keys for the API: made, shown once, revoked."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.keys import SCOPES, make_key, revoke_key, scopes_for
from accounts.models import ApiKey
from accounts.models.people import StaffRole
from accounts.roles import staff_required

manages_keys = staff_required(StaffRole.OWNER, StaffRole.MANAGER)


class KeyForm(forms.Form):
    name = forms.CharField(
        max_length=80, help_text="The system that will use it, such as “ERP, nightly orders”."
    )
    scopes = forms.MultipleChoiceField(label="What it may do", widget=forms.CheckboxSelectMultiple)

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
    context = {
        "form": form,
        "secret": secret,
        "keys": ApiKey.objects.order_by("revoked_at", "-created_at", "id"),
        "scopes": SCOPES,
    }
    return render(request, "people/keys.html", context, status=422 if form.errors else 200)


@require_POST
@manages_keys
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    key = get_object_or_404(ApiKey, pk=key_id)
    revoke_key(key=key, actor=request.staff, now=timezone.now())
    messages.success(request, f"The key “{key.name}” opens nothing any more.")
    return redirect("keys")
