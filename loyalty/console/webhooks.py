"""Webhooks: where events are sent, how that goes, and sending them again."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.models.webhook import DeliveryState, EndpointState
from accounts.roles import staff_required
from accounts.webhooks import endpoints
from accounts.webhooks.deliveries import replay, replay_since
from accounts.webhooks.endpoints import IsDisabled, TooManyEndpoints, make_secret
from accounts.webhooks.letters import told
from loyalty.console.webhook_form import EndpointForm
from loyalty.console.webhook_words import (
    DELIVERY_LOOKS,
    kinds_of,
    look_of,
    next_step,
    state_sentence,
)
from loyalty.listing import address_without, chips, tidy_redirect
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
PER_PAGE = 50

OVERLAPS = {"24": _("24 hours"), "1": _("1 hour"), "168": _("7 days"), "0": _("not at all")}
SPANS = {"1": _("hour"), "24": _("24 hours"), "168": _("7 days"), "720": _("30 days")}


class RotateForm(forms.Form):
    overlap = forms.ChoiceField(label=_("Overlap"), choices=list(OVERLAPS.items()))


class ReplayForm(forms.Form):
    hours = forms.ChoiceField(label=_("Hours"), choices=list(SPANS.items()))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
@never_cache
def new_endpoint(request: HttpRequest) -> HttpResponse:
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        secret = make_secret()
        try:
            made = endpoints.add_endpoint(
                **form.cleaned_data,
                secret=secret,
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except TooManyEndpoints as refusal:
            form.add_error(None, str(refusal))
        else:
            # Shown in this very answer and never again, so there is no redirect to another page.
            return _page(request, made, secret=secret)
    status = 422 if form.errors else 200
    return render(request, "console/webhook_edit.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def change_endpoint(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    one = _endpoint(endpoint_id)
    initial = {"url": one.url, "description": one.description, "kinds": "\n".join(one.kinds)}
    form = EndpointForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        endpoints.change_endpoint(
            endpoint=one, **form.cleaned_data, actor=request.staff.actor, now=timezone.now()
        )
        messages.success(
            request, gettext("The endpoint is changed; what waits goes to the new address.")
        )
        return redirect("console_webhook", one.pk)
    context = {"form": form, "endpoint": one}
    status = 422 if form.errors else 200
    return render(request, "console/webhook_edit.html", context, status=status)


@require_safe
@staff_required(*READERS)
def endpoint_page(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    return tidy_redirect(request) or _page(request, _endpoint(endpoint_id))


@require_POST
@staff_required(*EDITORS)
@never_cache
def rotate(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Shown in this very answer and never again, so there is no redirect to another page."""
    one = _endpoint(endpoint_id)
    form = RotateForm(request.POST)
    if not form.is_valid():
        return redirect("console_webhook", one.pk)
    secret = make_secret()
    endpoints.rotate_secret(
        endpoint=one,
        secret=secret,
        overlap=timedelta(hours=int(form.cleaned_data["overlap"])),
        actor=request.staff.actor,
        now=timezone.now(),
    )
    return _page(request, _endpoint(endpoint_id), secret=secret)


@require_POST
@staff_required(*EDITORS)
def pause(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    said = gettext("Paused: what happens meanwhile is kept.")
    return _change(request, endpoint_id, endpoints.pause, said)


@require_POST
@staff_required(*EDITORS)
def resume(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    said = gettext("Events are sent again, beginning with what waits.")
    return _change(request, endpoint_id, endpoints.resume, said)


@require_POST
@staff_required(*EDITORS)
def send_test(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    said = gettext("A test event is on its way; its attempts show up below within seconds.")
    return _change(request, endpoint_id, endpoints.send_test, said)


@require_POST
@staff_required(*EDITORS)
def replay_many(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    one, now = _endpoint(endpoint_id), timezone.now()
    form = ReplayForm(request.POST)
    if form.is_valid():
        since = now - timedelta(hours=int(form.cleaned_data["hours"]))
        count = replay_since(endpoint=one, since=since, now=now)
        said = (
            gettext("%(count)s on their way again.") % {"count": count}
            if count
            else gettext("Nothing failed or was missed.")
        )
        messages.success(request, said)
    return redirect("console_webhook", one.pk)


@require_safe
@staff_required(*READERS)
def delivery_page(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    one = _delivery(delivery_id)
    now, voice = timezone.now(), voice_of(request.tenant)
    context = {
        "delivery": one,
        "endpoint": one.endpoint,
        "look": DELIVERY_LOOKS[DeliveryState(one.state)],
        "next_step": next_step(one, voice=voice, now=now),
        "attempts": one.log.order_by("number"),
        "body": json.dumps(told(one.event), indent=2, ensure_ascii=False),
        "may_replay": request.staff.role in EDITORS and one.state != DeliveryState.WAITING,
        "voice": voice,
    }
    return render(request, "console/webhook_delivery.html", context)


@require_POST
@staff_required(*EDITORS)
def replay_one(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    one = _delivery(delivery_id)
    if replay(endpoint=one.endpoint, delivery_ids=[one.pk], now=timezone.now()):
        messages.success(request, gettext("It is on its way again."))
    else:
        messages.info(request, gettext("It waits to be sent already."))
    return redirect("console_webhook_delivery", one.pk)


def _page(request: HttpRequest, one: WebhookEndpoint, *, secret: str = "") -> HttpResponse:
    now, voice = timezone.now(), voice_of(request.tenant)
    found = _filtered(request, WebhookDelivery.objects.filter(endpoint=one))
    page = Paginator(
        found.select_related("event").order_by("-created_at", "-id"), PER_PAGE
    ).get_page(request.GET.get("page"))
    context = {
        "endpoint": one,
        "look": look_of(one),
        "kinds": kinds_of(one),
        "sentence": state_sentence(one, voice=voice, now=now),
        "is_running": one.state == EndpointState.ACTIVE,
        "is_disabled": one.state == EndpointState.DISABLED,
        "overlaps_now": one.old_secret_until is not None and one.old_secret_until > now,
        "secret": secret,
        "page": page,
        "rows": [_row(delivery, voice, now) for delivery in page.object_list],
        "states": DeliveryState.choices,
        "chips": chips(request, _filters(request)),
        "clear_url": address_without(request, "state", "kind"),
        "may_edit": request.staff.role in EDITORS,
        "rotate": RotateForm(),
        "replay": ReplayForm(),
        "voice": voice,
    }
    return render(request, "console/webhook.html", context)


def _row(one: WebhookDelivery, voice: Any, now: datetime) -> dict[str, Any]:
    return {
        "delivery": one,
        "look": DELIVERY_LOOKS[DeliveryState(one.state)],
        "next_step": next_step(one, voice=voice, now=now),
    }


def _filtered(request: HttpRequest, found: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
    """By state and by kind of event; a value that does not exist finds nothing."""
    if state := request.GET.get("state"):
        found = found.filter(state=state)
    if kind := request.GET.get("kind", "").strip():
        found = found.filter(event__kind=kind)
    return found


def _filters(request: HttpRequest) -> list[tuple[str, str, str]]:
    state = request.GET.get("state", "")
    return [
        ("state", gettext("State"), str(dict(DeliveryState.choices).get(state, state))),
        ("kind", gettext("Event"), request.GET.get("kind", "").strip()),
    ]


def _change(
    request: HttpRequest, endpoint_id: UUID, change: Callable[..., Any], said: str
) -> HttpResponse:
    one = _endpoint(endpoint_id)
    try:
        change(endpoint=one, actor=request.staff.actor, now=timezone.now())
    except IsDisabled as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect("console_webhook", one.pk)


def _endpoint(endpoint_id: UUID) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint, pk=endpoint_id)


def _delivery(delivery_id: UUID) -> WebhookDelivery:
    found = WebhookDelivery.objects.select_related("endpoint", "event__account")
    return get_object_or_404(found, pk=delivery_id)
