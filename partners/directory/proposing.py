"""What a partner says of itself in the directory: checked, kept, and shown once it is approved."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record
from accounts.files import Upload, keep_upload
from accounts.models import Account, File, MediaType
from partners.directory.showing import slug_for, words_of
from partners.directory.terms import BadEntry, renew, terms_of_tenant
from partners.models import DirectoryProfile, ProfileState, ProfileVersion

MOST_PLACES = 10
LARGEST_LOGO = 512 * 1024  # bytes
LANGUAGES = 20
PICTURES = (MediaType.PNG, MediaType.JPEG)
_COUNTRY = re.compile("[A-Z]{2}")
_ADDRESS = re.compile(r"\S@\S+\.\S")  # of e-mail: visitors write through the form
_is_web_address = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What a version says; `places` are as ProfileVersion keeps them."""

    name: str
    text: str = ""
    website: str = ""
    places: Sequence[Mapping[str, Any]] = ()
    specializations: Sequence[str] = ()
    languages: Sequence[str] = ()


def profile_of(account: Account) -> DirectoryProfile | None:
    return DirectoryProfile.objects.filter(account=account).first()


def propose(
    account: Account, said: Saying, *, logo: Upload | None, actor: str, now: datetime
) -> ProfileVersion:
    """Keep what the partner wants to say; the version that is public stays until somebody of the
    tenant has looked at this one. One that waited is replaced. Without a `logo` the last one stays.
    Raises BadEntry, and CannotKeep for a file that cannot be kept."""
    kept = _checked(said)
    with transaction.atomic():
        profile = _profile(account, kept["name"])
        versions = ProfileVersion.objects.filter(profile=profile).order_by("-proposed_at", "-id")
        last = versions.select_related("logo").first()
        picture = _logo(logo, account, actor, now) if logo else (last.logo if last else None)
        versions.filter(state=ProfileState.PROPOSED).update(state=ProfileState.REPLACED)
        made = ProfileVersion.objects.create(
            profile=profile,
            **kept,
            words=words_of(kept),
            logo=picture,
            proposed_at=now,
            proposed_by=actor,
        )
        _record("proposed", profile, actor=actor, now=now, version=str(made.pk))
    return made


def set_listed(account: Account, *, wanted: bool, actor: str, now: datetime) -> DirectoryProfile:
    """Take part in the directory, or leave it: at once, as nobody has to agree to that. Raises
    BadEntry for an account that has said nothing of itself."""
    with transaction.atomic():
        profile = DirectoryProfile.objects.select_for_update().filter(account=account).first()
        if profile is None:
            raise BadEntry(_("Say something of your company first."))
        if profile.is_listed != wanted:
            profile.is_listed, profile.listed_at, profile.listed_by = wanted, now, actor
            profile.save()
            renew()
            _record("listed" if wanted else "unlisted", profile, actor=actor, now=now)
    return profile


def _profile(account: Account, name: str) -> DirectoryProfile:
    """The account's profile, locked; two that begin it at once get the same one. Where another
    account has the address already, the end of the identifier tells them apart."""
    own = DirectoryProfile.objects.select_for_update()
    slug = slug_for(name, number=account.number)
    if not own.filter(account=account).exists():
        for address in (slug, f"{slug}-{account.pk.hex[-8:]}"):
            DirectoryProfile.objects.bulk_create(
                [DirectoryProfile(account=account, slug=address)], ignore_conflicts=True
            )
    return own.get(account=account)


def _logo(logo: Upload, account: Account, actor: str, now: datetime) -> File:
    if (logo.size or 0) > LARGEST_LOGO:
        most = LARGEST_LOGO // 1024
        raise BadEntry(_("A logo has at most %d kB; make it smaller.") % most, "logo")
    kept = keep_upload(logo, account_id=account.pk, actor=actor, now=now)
    if kept.media_type not in PICTURES:
        raise BadEntry(_("A logo is a picture: PNG or JPEG."), "logo")
    return kept


def _checked(said: Saying) -> dict[str, Any]:
    kept = asdict(said)
    kept["name"] = " ".join(said.name.split())
    kept["text"] = said.text.replace("\r\n", "\n").strip()
    if not kept["name"] or len(kept["name"]) > 120 or not kept["name"].isprintable():
        raise BadEntry(_("Write a name of at most %d characters.") % 120, "name")
    if len(kept["text"]) > 2000 or not kept["text"].replace("\n", "").isprintable():
        raise BadEntry(_("Write at most %d plain characters.") % 2000, "text")
    for field in ("name", "text"):
        if _ADDRESS.search(kept[field]):
            raise BadEntry(_("Leave e-mail addresses out: robots collect them."), field)
    kept["website"] = _website(said.website.strip())
    known = {*terms_of_tenant().specializations}
    if not known.issuperset(said.specializations):
        raise BadEntry(_("Choose from the list."), "specializations")
    kept["specializations"] = sorted(set(said.specializations))
    kept["languages"] = list(dict.fromkeys(said.languages))
    if len(kept["languages"]) > LANGUAGES or any(
        len(one) > 40 or not one.isprintable() for one in kept["languages"]
    ):
        raise BadEntry(_("Name at most %d languages.") % LANGUAGES, "languages")
    kept["places"] = _places(said.places)
    return kept


def _website(text: str) -> str:
    if not text:
        return ""
    address = text if "://" in text else f"https://{text}"
    try:
        _is_web_address(address)
    except ValidationError:
        raise BadEntry(_("This is no web address."), "website") from None
    if len(address) > 200 or "@" in address:
        raise BadEntry(_("This is no web address."), "website")
    return address


def _places(said: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if len(said) > MOST_PLACES:
        raise BadEntry(_("Name at most %d places.") % MOST_PLACES, "places")
    return [_place(one) for one in said]


def _place(said: Mapping[str, Any]) -> dict[str, Any]:
    names = ("street", "postcode", "city", "country")
    place: dict[str, Any] = {name: " ".join(str(said.get(name, "")).split()) for name in names}
    place["country"] = place["country"].upper()
    if any(len(text) > 120 or not text.isprintable() or "@" in text for text in place.values()):
        raise BadEntry(_("Write at most %d plain characters.") % 120, "places")
    if not place["city"] or not _COUNTRY.fullmatch(place["country"]):
        raise BadEntry(_("A place has a city and a country of two letters, such as DE."), "places")
    for name, most in (("latitude", 90), ("longitude", 180)):
        text = str(said.get(name, "")).strip()
        if text:
            place[name] = _degrees(text, most)
    if ("latitude" in place) != ("longitude" in place):
        raise BadEntry(_("Latitude and longitude belong together."), "places")
    return place


def _degrees(text: str, most: int) -> str:
    """As text: a place is shown as it was written."""
    if not re.fullmatch(r"-?\d{1,3}(\.\d{1,8})?", text) or abs(float(text)) > most:
        raise BadEntry(_("Write degrees such as 48.137."), "places")
    return text


def _record(
    what: str, profile: DirectoryProfile, *, actor: str, now: datetime, version: str = ""
) -> None:
    record(
        kind=f"profile.{what}",
        occurred_at=now,
        recorded_at=now,
        actor=actor,
        subject=f"profile:{profile.pk}",
        account_id=profile.account_id,
        payload={"slug": profile.slug, "version": version, "note": ""},
    )
