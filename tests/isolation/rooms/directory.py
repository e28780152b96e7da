"""The public directory: a host shows its own partners, to everybody, and no other's."""

from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.ids import uuid7
from accounts.models import Program
from partners.directory.deciding import approve
from partners.directory.proposing import Saying, propose, set_listed
from partners.directory.terms import set_terms
from tests.isolation.calls import Route, Values, asking, everybody, get, let_in, post, route
from tests.isolation.groups import PARTNERS, PEOPLE, READERS
from tests.isolation.side import Side
from tiers import publishing as ladders

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"picture" + b"IEND\xaeB`\x82"
KEPT = {
    "partners_directoryterms": {"specializations"},
    "partners_directoryprofile": {"slug"},
    "partners_profileversion": {"places", "specializations", "languages", "website"},
}
OF_ACCOUNTS = ("profile slug", "profile version")
OF_TENANT = ()
# A page of the directory is that of its own host alone.
BOUND = ("directory_partner", "directory_logo", "directory_contact")
PUBLISHED = {
    "directory": {
        "partners_directoryterms-title",
        "partners_directoryterms-intro",
        "partners_profileversion-name",
        "tiers_tier-name",
    }
}
PROFILE = {"action": "propose", "name": "N", "languages": ""}
SLUG = {"slug": "profile slug"}


def letter(values: Values) -> dict[str, Any]:
    return {
        "key": str(uuid7()),
        "company": "New Company",
        "contact": "C",
        "email": "c@example.com",
        "need": "N",
    }


ROUTES: dict[str, Route] = {
    "directory": route(*asking(everybody(200), words="words")),
    "directory_partner": route(get(everybody(200)), path=SLUG),
    "directory_logo": route(get(everybody(200)), path=SLUG),
    "directory_contact": route(get(everybody(200)), post(everybody(302), letter), path=SLUG),
    "sitemap": route(get(everybody(200))),
    "robots": route(get(everybody(200))),
    "portal_directory": route(
        get(let_in(200, *PARTNERS)),
        *(
            post(
                let_in(302, *PARTNERS, but={"viewer": 403, "member": 403}),
                lambda values, body=body: body,
            )
            for body in (PROFILE, {"action": "unlist"})
        ),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "console_directory": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"is_open": "on", "title": "T"},
        ),
    ),
    "console_directory_version": route(
        get(let_in(200, *READERS)),
        post(
            let_in(422, *PEOPLE, but={"finance": 403, "analyst": 403}),  # it is decided
            lambda values: {"action": "approve"},
        ),
        path={"version_id": "profile version"},
    ),
}


def _give_everybody_a_place(owner: str, now: datetime) -> None:
    rungs = [{"code": "shown", "name": "Shown", "benefits": {"directory_place": 1}}]
    made = ladders.draft_scheme(
        program=Program.objects.get(slug="rewards"),
        code="shown",
        name="Shown",
        terms={"rungs": rungs},
        actor=owner,
        now=now,
    )
    ladders.publish(version=made, valid_from=now - timedelta(days=1), actor=owner, now=now)


def furnish(side: Side, now: datetime) -> None:
    """An open directory, and a page of each account that is shown."""
    owner = side.staff["owner"].actor
    _give_everybody_a_place(owner, now)
    set_terms(
        is_open=True,
        title="Directory",
        intro="Intro",
        specializations=["Bikes"],
        takes_leads=True,
        actor=owner,
        now=now,
    )
    for number in ("1001", "1002"):
        account = side.accounts[number]
        member = side.members["admin" if number == "1001" else "neighbor"]
        said = Saying(
            # Addresses are as good as keys here: no tenant has another's.
            name=f"Dealer {number} {side.tenant.slug}",
            text="Text",
            website="https://dealer.example.com",
            places=[{"street": "1 Main St", "city": "Portland", "country": "US"}],
            specializations=["Bikes"],
            languages=["English"],
        )
        logo = SimpleUploadedFile("logo.png", PNG)
        made = propose(account, said, logo=logo, actor=member.actor, now=now)
        approve(made.pk, by=owner, now=now)
        profile = set_listed(account, wanted=True, actor=member.actor, now=now)
        side.things[f"profile slug {number}"] = profile.slug
        side.things[f"profile version {number}"] = made.id
