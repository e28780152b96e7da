"""Badges for anybody who was given their address: a page, a picture, and the credential itself."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.addresses import tenant_url
from accounts.periods import day_of
from loyalty.training_words import certificate_words
from partners.badges import credentials
from partners.badges.credentials import Issuer
from partners.badges.drawing import picture
from partners.badges.keys import issuer_key, jwk
from partners.models import Certificate, IssuerKey
from rewards.voice import voice_of

CREDENTIAL, TOKEN = "application/vc+ld+json", "application/vc+jwt"
MOMENT = "public, max-age=300"  # what is revoked is soon seen to be


@require_safe
def page(request: HttpRequest, address: str) -> HttpResponse:
    """Whether it is valid, for whoever was shown it; its holder's name only if they want that."""
    found = _found(address)
    [words] = certificate_words([found], today=day_of(timezone.now(), request.tenant.zone))
    context = {
        "certificate": found,
        "words": words,
        "voice": voice_of(request.tenant),
        "holder": found.holder if found.shows_name else "",
    }
    response = render(request, "badges/badge.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def drawing(request: HttpRequest, address: str) -> HttpResponse:
    found = _found(address)
    tenant = request.tenant
    foot = found.credential.level or (str(found.valid_until.year) if found.valid_until else "")
    content = picture(
        name=found.credential.name, issuer=tenant.name, foot=foot, brand=tenant.brand_color
    )
    return _public(HttpResponse(content, content_type="image/svg+xml"))


@require_safe
def credential(request: HttpRequest, address: str) -> HttpResponse:
    return _json(credentials.credential(_found(address), _issuer(request)), CREDENTIAL)


@require_safe
def token(request: HttpRequest, address: str) -> HttpResponse:
    """The signed credential; of a revoked one there is none any more."""
    found = _found(address)
    if found.revoked_at:
        raise Http404
    key = issuer_key(now=timezone.now())
    signed = credentials.signed(found, _issuer(request), key)
    return _public(HttpResponse(signed, content_type=TOKEN))


@require_safe
def status(request: HttpRequest, address: str) -> HttpResponse:
    return _json(credentials.status(_found(address), _issuer(request)))


@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    return _json(credentials.profile(_issuer(request)))


@require_safe
def key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    found = get_object_or_404(IssuerKey, pk=key_id)
    return _json(jwk(found, name=_issuer(request).key(found)), "application/jwk+json")


def _found(address: str) -> Certificate:
    held = Certificate.objects.select_related("credential__course", "credential__path")
    return get_object_or_404(held, address=address)


def _issuer(request: HttpRequest) -> Issuer:
    tenant = request.tenant
    home = tenant_url(slug=tenant.slug, path="")
    return Issuer(name=tenant.name, home=home, zone=tenant.zone)


def _json(content: dict[str, Any], content_type: str = "application/json") -> HttpResponse:
    return _public(JsonResponse(content, content_type=content_type))


def _public(response: HttpResponse) -> HttpResponse:
    """For anybody, from anywhere: verifiers run in browsers, too."""
    response["Cache-Control"] = MOMENT
    response["Access-Control-Allow-Origin"] = "*"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Robots-Tag"] = "noindex"
    return response
