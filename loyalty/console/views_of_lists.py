"""Saved views: kept from a list as it stands, shared, opened with, removed."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import saved_views
from accounts.models import SavedView
from accounts.roles import staff_required
from loyalty.console.list_page import view_url
from loyalty.lists import LISTS
from loyalty.lists.listed import READERS, Listed, state_of


class ViewForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    is_shared = forms.BooleanField(required=False)
    is_default = forms.BooleanField(required=False)


class ChangeForm(forms.Form):
    is_shared = forms.BooleanField(required=False)
    is_default = forms.BooleanField(required=False)


@require_safe
@staff_required(*READERS)
def view_list(request: HttpRequest) -> HttpResponse:
    """One's own views, and those that colleagues share, of the lists that one may read."""
    views = [
        {"view": view, "list": LISTS[view.list].name, "url": view_url(view, LISTS[view.list])}
        for view in saved_views.views_of(request.staff).select_related("staff")
        if view.list in LISTS and request.staff.role in LISTS[view.list].readers
    ]
    return render(request, "console/views.html", {"views": views})


@require_POST
@staff_required(*READERS)
def save(request: HttpRequest, list_code: str) -> HttpResponse:
    """Keep the state of the list that the address carries."""
    listed = list_for(request, list_code)
    form, state = ViewForm(request.POST), state_of(request.GET)
    if not form.is_valid():
        messages.error(request, _("Give the view a name of at most 60 characters."))
        return HttpResponseRedirect(list_url(listed, request.GET))
    try:
        view = saved_views.save_view(
            staff=request.staff,
            list_code=listed.code,
            query=state,
            now=timezone.now(),
            **form.cleaned_data,
        )
    except saved_views.CannotSave as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(list_url(listed, request.GET))
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return HttpResponseRedirect(view_url(view, listed))


@require_POST
@staff_required(*READERS)
def change(request: HttpRequest, view_id: UUID) -> HttpResponse:
    _own(request, view_id)
    form = ChangeForm(request.POST)
    if form.is_valid():
        now = timezone.now()
        view = saved_views.change_view(
            view_id=view_id, staff=request.staff, now=now, **form.cleaned_data
        )
        messages.success(request, _("The view “%(name)s” is changed.") % {"name": view.name})
    return redirect("console_views")


@require_POST
@staff_required(*READERS)
def remove(request: HttpRequest, view_id: UUID) -> HttpResponse:
    _own(request, view_id)
    view = saved_views.remove_view(view_id=view_id, staff=request.staff, now=timezone.now())
    messages.success(request, _("The view “%(name)s” is removed.") % {"name": view.name})
    return redirect("console_views")


def list_for(request: HttpRequest, code: str) -> Listed:
    """The list of that name, if the reader may read it: any other is none to them."""
    listed = LISTS.get(code)
    if listed is None or request.staff.role not in listed.readers:
        raise Http404
    return listed


def list_url(listed: Listed, query: QueryDict) -> str:
    state = query.urlencode()
    return f"{reverse(listed.url_name)}?{state}" if state else reverse(listed.url_name)


def _own(request: HttpRequest, view_id: UUID) -> SavedView:
    return get_object_or_404(SavedView, pk=view_id, staff=request.staff.pk, removed_at=None)
