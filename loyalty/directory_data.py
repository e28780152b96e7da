"""A partner of the directory as machines read it: schema.org in JSON, harmless within a page."""

import json
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from partners.models import ProfileVersion

# As JSON writes them otherwise: no text of a partner's ends the element it stands in, or opens one.
_HARMLESS = str.maketrans({"<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "\u2028": "\\u2028",
                           "\u2029": "\\u2029"})  # fmt: skip


def as_json_ld(data: dict[str, Any]) -> SafeString:
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_HARMLESS))  # noqa: S308


def organization(one: ProfileVersion, *, url: str, logo_url: str = "") -> dict[str, Any]:
    """A business where it names a place, else an organization."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LocalBusiness" if one.places else "Organization",
        "@id": url,
        "name": one.name,
        "url": one.website or url,
    }
    more = {
        "description": one.text,
        "logo": logo_url,
        "knowsAbout": one.specializations,
        "knowsLanguage": one.languages,
        "address": [_address(place) for place in one.places],
        "geo": [_geo(place) for place in one.places if "latitude" in place],
    }
    return data | {name: value for name, value in more.items() if value}


def _address(place: dict[str, Any]) -> dict[str, str]:
    named = {
        "streetAddress": place.get("street"),
        "postalCode": place.get("postcode"),
        "addressLocality": place.get("city"),
        "addressCountry": place.get("country"),
    }
    return {"@type": "PostalAddress"} | {name: text for name, text in named.items() if text}


def _geo(place: dict[str, Any]) -> dict[str, str]:
    return {
        "@type": "GeoCoordinates",
        "latitude": place["latitude"],
        "longitude": place["longitude"],
    }
