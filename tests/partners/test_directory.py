"""The public directory: who shows, in which order, what visitors find, and what they may do."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts.files import CannotKeep
from accounts.models import File
from accounts.tenancy import tenant_scope
from loyalty import directory_pages
from loyalty.books import verify
from partners.directory.books import DIRECTORY
from partners.directory.deciding import NotNow, approve, reject
from partners.directory.proposing import Saying, propose, set_listed
from partners.directory.showing import Search, found, listed
from partners.directory.terms import BadEntry, set_terms
from partners.models import DirectoryProfile, Lead, ProfileVersion
from tests.factories import (
    AccountFactory,
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    enrolled_account,
)
from tests.loyalty.faces import NOW, client_of, text_of
from tests.partners.lead_stories import rule
from tests.rewards.stories import at
from tiers import publishing as ladders

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"x" * 20 + b"IEND\xaeB`\x82"
EVIL = "</script><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def program_with_places():
    """Everybody is Member; Gold comes by invitation alone. Member has a place in the directory."""
    program = ProgramFactory()
    rungs = [{"code": "member", "name": "Member", "benefits": {"directory_place": 2}}]
    about = {"actor": "system", "now": at("2020-01-01")}
    made = ladders.draft_scheme(
        program=program, code="ladder", name="Ladder", terms={"rungs": rungs}, **about
    )
    ladders.publish(version=made, valid_from=at("2020-01-01"), **about)
    return program


def opened(**said) -> None:
    usual = {"is_open": True, "title": "Find a dealer", "intro": "", "takes_leads": False}
    usual["specializations"] = ["Bikes", "Boats"]
    set_terms(**(usual | said), actor="system", now=NOW)


def place(city: str, country: str = "DE", **more) -> dict:
    return {"city": city, "country": country} | more


def shown(account, name: str, **said) -> ProfileVersion:
    version = propose(account, Saying(name=name, **said), logo=None, actor="system", now=NOW)
    set_listed(account, wanted=True, actor="system", now=NOW)
    return approve(version.pk, by=StaffFactory().actor, now=NOW)


@pytest.fixture
def program(in_tenant):
    opened()
    return program_with_places()


def names(search: Search | None = None) -> list[str]:
    rows = listed(now=NOW)
    return [one.name for one in (found(rows, search) if search else rows)]


def test_who_shows_and_what_a_search_finds(program):
    first = enrolled_account(program)
    shown(first, "Zweirad Zorn", places=[place("Berlin")], specializations=["Bikes"])
    shown(enrolled_account(program), "Alpin Sport", places=[place("Graz", "AT"), place("Berlin")])
    shown(enrolled_account(program), "Boote Beck", text="Segel und mehr", specializations=["Boats"])
    shown(enrolled_account(ProgramFactory()), "No place")  # its program gives none
    assert names() == ["Alpin Sport", "Boote Beck", "Zweirad Zorn"]
    for search, wanted in (
        (Search(words="SEGEL boote"), ["Boote Beck"]),
        (Search(country="AT"), ["Alpin Sport"]),
        (Search(country="AT", city="Berlin"), []),
        (Search(city="Berlin"), ["Alpin Sport", "Zweirad Zorn"]),
        (Search(specialization="Bikes"), ["Zweirad Zorn"]),
        (Search(tier="Member", words="alpin"), ["Alpin Sport"]),
        (Search(tier="Gold"), []),
        (Search(words="100%_"), []),
    ):
        assert names(search) == wanted
    set_listed(first, wanted=False, actor="system", now=NOW)
    assert names() == ["Alpin Sport", "Boote Beck"]


def test_a_change_is_looked_at_by_another_while_the_old_one_stays(program):
    account = enrolled_account(program)
    member = MemberFactory(account=account)
    insider, manager = StaffFactory(user=member.user), StaffFactory()
    first = shown(account, "Zorn")
    second = propose(account, Saying(name="Zorn AG"), logo=None, actor=member.actor, now=NOW)
    third = propose(account, Saying(name="Zorn SE"), logo=None, actor=member.actor, now=NOW)
    assert names() == ["Zorn"]
    with pytest.raises(NotNow, match="Replaced"):
        approve(second.pk, by=manager.actor, now=NOW)
    with pytest.raises(NotNow, match="another decides"):
        approve(third.pk, by=insider.actor, now=NOW)
    with pytest.raises(NotNow, match="Say why"):
        reject(third.pk, reason=" ", by=manager.actor, now=NOW)
    approve(third.pk, by=manager.actor, now=NOW)
    first.refresh_from_db()
    assert (names(), first.state) == (["Zorn SE"], "replaced")
    other = shown(enrolled_account(program), "Zorn")
    slugs = DirectoryProfile.objects.order_by("id").values_list("slug", flat=True)
    assert list(slugs) == ["zorn", f"zorn-{other.profile.account_id.hex[-8:]}"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "Write to me@zorn.example"}, "name"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "\x00"}, "text"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "https://me@zorn.example"}, "website"),
        ({"specializations": ["Cars"]}, "specializations"),
        ({"places": [{"city": "Berlin", "country": "Germany"}]}, "places"),
        ({"places": [place("Berlin", latitude="91", longitude="1")]}, "places"),
        ({"places": [place("Berlin", latitude="52.5")]}, "places"),
    ],
)
def test_what_does_not_fit_names_its_field(program, said, field):
    account = enrolled_account(program)
    with pytest.raises(BadEntry) as refused:
        propose(account, Saying(**({"name": "Z"} | said)), logo=None, actor="system", now=NOW)
    assert refused.value.field == field
    assert ProfileVersion.objects.count() == 0


def test_a_logo_is_a_small_picture(program):
    account = enrolled_account(program)
    for content, error in ((b"%PDF-1.4 %%EOF", BadEntry), (b"<svg/>", CannotKeep)):
        logo = SimpleUploadedFile("logo.png", content)
        with pytest.raises(error):
            propose(account, Saying(name="Z"), logo=logo, actor="system", now=NOW)
    large = SimpleUploadedFile("logo.png", PNG + b"x" * 600_000)
    with pytest.raises(BadEntry, match="512 kB"):
        propose(account, Saying(name="Z"), logo=large, actor="system", now=NOW)
    assert File.objects.count() == 0


def test_visitors_read_it_without_signing_in(in_tenant, program, client):
    account = enrolled_account(program)
    host = {"host": f"{in_tenant.slug}.localhost"}
    logo = SimpleUploadedFile("logo.png", PNG)
    said = Saying(
        name=f"Zorn & {EVIL}", text=EVIL, website="zorn.example", places=[place("Berlin")]
    )
    version = propose(account, said, logo=logo, actor="system", now=NOW)

    def get(path: str, **more):
        return client.get(path, headers=host | more)

    assert "Nobody is here yet" in text_of(get("/partners/"))
    approve(version.pk, by=StaffFactory().actor, now=NOW)
    slug = set_listed(account, wanted=True, actor="system", now=NOW).slug
    page = get("/partners/")
    assert "Zorn &" in text_of(page)
    assert (page["Cache-Control"], page["Vary"]) == (
        "public, max-age=60",
        "Accept-Language, Accept-Encoding",  # and nobody's cookie
    )
    again = get("/partners/", **{"if-none-match": page["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "Zorn &" in text_of(get("/partners/?words=zorn"))
    assert "No partner fits" in text_of(get("/partners/?words=nothing"))
    assert get("/partners/?words=" + "x" * 81).status_code == 404

    one = get(f"/partners/{slug}/")
    raw = one.content.decode()
    [data] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', raw, re.S)
    told = json.loads(data)
    assert (told["@type"], told["name"]) == ("LocalBusiness", f"Zorn & {EVIL}")
    assert told["address"] == [
        {"@type": "PostalAddress", "addressLocality": "Berlin", "addressCountry": "DE"}
    ]
    assert "alert(1)</script>" not in raw
    picture = get(f"/partners/{slug}/logo")
    assert (picture.content, picture["Content-Type"]) == (PNG, "image/png")
    assert "sandbox" in picture["Content-Security-Policy"]
    assert f"/partners/{slug}/</loc>" in get("/sitemap.xml").content.decode()
    assert "Disallow: /\n" in get("/robots.txt").content.decode()
    assert get(f"/partners/{slug}/contact/").status_code == 404  # nobody takes letters

    # What is kept is what a stranger sees, whoever asked first; and a change empties it at once.
    member = client_of(in_tenant, MemberFactory(account=account, name="Kim Private").user)
    assert "Kim Private" not in member.get("/partners/?words=berlin").content.decode()
    assert "Kim Private" in member.get("/portal/colleagues/").content.decode()
    set_listed(account, wanted=False, actor="system", now=NOW)
    assert "Nobody is here yet" in text_of(get("/partners/"))
    assert get(f"/partners/{slug}/").status_code == 404
    opened(is_open=False)
    assert get("/partners/").status_code == 404
    assert get("/sitemap.xml").status_code == 404


def test_a_letter_becomes_a_lead_of_that_partner_a_few_times_an_hour(
    in_tenant, program, client, monkeypatch
):
    opened(takes_leads=True)
    account, other = enrolled_account(program), enrolled_account(program)
    for one in (account, other):
        MemberFactory(account=one)
    rule()
    slug = shown(other, "Zorn").profile.slug
    page, host = f"/partners/{slug}/contact/", {"host": f"{in_tenant.slug}.localhost"}
    said = {"company": "Nordstern", "contact": "Jana", "email": "j@n.example", "need": "Desks"}

    def send(number: int, *, place: str = "203.0.113.0", **more):
        key = f"0197f7a0-0000-7000-8000-{number:012}"
        return client.post(page, said | {"key": key} | more, headers=host, REMOTE_ADDR=place)

    assert send(1, email="nobody").status_code == 422
    assert [send(1).status_code, send(1).status_code] == [302, 302]  # sent twice
    lead = Lead.objects.get()
    assert (lead.account, lead.source) == (other, "directory")
    assert [send(number).status_code for number in (2, 3, 4)] == [302, 302, 302]
    late = send(5)
    assert (late.status_code, "You wrote several times" in text_of(late)) == (429, True)
    assert 'value="Nordstern"' in late.content.decode()
    assert Lead.objects.count() == 4

    # from many places: no partner is flooded, nor are all of them together
    monkeypatch.setattr(directory_pages, "TO_ONE_PARTNER", 6)
    assert send(6, place="203.0.113.1").status_code == 302
    flood = send(7, place="203.0.113.2")
    assert (flood.status_code, "write to this partner" in text_of(flood)) == (429, True)
    monkeypatch.setattr(directory_pages, "TO_ALL", 7)
    page = f"/partners/{shown(account, 'Adler').profile.slug}/contact/"
    assert send(8, place="203.0.113.3").status_code == 302
    flood = send(9, place="203.0.113.4")
    assert (flood.status_code, "write to our partners" in text_of(flood)) == (429, True)
    assert Lead.objects.count() == 6


BERLIN = {
    "street": "Hauptstr. 1",
    "postcode": "10115",
    "city": "Berlin",
    "country": "de",
    "latitude": "52.5",
    "longitude": "13.4",
}


def test_a_page_of_both_sides(in_tenant, program):
    account = enrolled_account(program, name="Zorn")
    partner = client_of(in_tenant, MemberFactory(account=account).user)
    viewer = client_of(in_tenant, MemberFactory(account=account, portal_role="viewer").user)
    manager = client_of(in_tenant, StaffFactory().user)
    home = f"/portal/{account.enrollments.get().id}/directory/"
    said = {
        "action": "propose",
        "name": "Zorn Räder",
        **{f"{name}_0": text for name, text in BERLIN.items()},
        "specializations": ["Bikes"],
        "languages": "German, English",
    }
    assert viewer.post(home, said).status_code == 403
    for wrong, why in (
        ({"city_0": ""}, "Say in which city it is."),
        ({"street_1": "Elbweg 2"}, "Say in which country it is."),
        ({"longitude_0": ""}, "Latitude and longitude belong together."),
    ):
        bad = partner.post(home, said | wrong)
        assert (bad.status_code, why in text_of(bad)) == (422, True)
        assert 'value="Hauptstr. 1"' in bad.content.decode()
    assert partner.post(home, said | {"website": "no address"}).status_code == 422
    assert partner.post(home, said).status_code == 302
    assert "nobody sees you there" in text_of(partner.get(home))
    assert partner.post(home, {"action": "list"}).status_code == 302
    assert "not approved yet" in text_of(partner.get(home))
    assert "1 directory page waits for approval" in text_of(manager.get("/console/"))
    version = ProfileVersion.objects.get()
    assert version.places == [BERLIN | {"country": "DE"}]
    shown = partner.get(home).content.decode()
    assert ('value="Hauptstr. 1"' in shown, shown.count("<summary>Place")) == (True, 3)
    graz = {"city_1": "Graz", "country_1": "AT", "street_0": "Hauptstr. 3"}
    assert partner.post(home, said | graz).status_code == 302
    version = ProfileVersion.objects.get(state="proposed")
    assert [(one["street"], one["city"]) for one in version.places] == [
        ("Hauptstr. 3", "Berlin"),
        ("", "Graz"),
    ]
    gone = said | {f"{name}_0": "" for name in BERLIN} | {"city_1": "Graz", "country_1": "AT"}
    assert partner.post(home, gone).status_code == 302
    version = ProfileVersion.objects.get(state="proposed")
    assert [one["city"] for one in version.places] == ["Graz"]
    page = f"/console/directory/{version.pk}/"
    assert manager.post(page, {"action": "reject"}).status_code == 422
    assert manager.post(page, {"action": "approve"}).status_code == 302
    assert "You are in the directory:" in text_of(partner.get(home))
    assert "Zorn Räder" in text_of(manager.get("/console/directory/"))
    settings = {"title": "Find a dealer", "specializations": "Bikes, Cars"}
    assert manager.post("/console/directory/", settings).status_code == 302
    assert partner.get(home).status_code == 404  # it is closed


DAMAGE = {
    "nobody approved what their own account says of itself": (
        lambda told: ProfileVersion.objects.update(
            decided_by=told["insider"].actor, decided_at=at("2030-01-01")
        )
    ),
    "a logo in the directory is a picture of the account that it stands for": (
        lambda told: DirectoryProfile.objects.update(account=AccountFactory())
    ),
    "what the directory shows was approved, and that is on record": (
        lambda told: ProfileVersion.objects.create(
            profile=told["other"].profile, name="X", state="approved", proposed_at=NOW,
            decided_at=NOW, decided_by="staff:x", proposed_by="system",
        )
    ),
}  # fmt: skip


def test_the_books_of_the_directory_are_sound_and_each_damage_is_found(tenant):
    def wrong() -> set[str]:
        return {one.invariant.claim for one in verify([tenant.id]) if one.violations}

    with tenant_scope(tenant.id):
        program = program_with_places()
        account = enrolled_account(program)
        insider = StaffFactory(user=MemberFactory(account=account).user)
        logo = SimpleUploadedFile("logo.png", PNG)
        made = propose(account, Saying(name="Zorn"), logo=logo, actor="system", now=NOW)
        approve(made.pk, by=StaffFactory().actor, now=NOW)
    told = {"insider": insider}
    assert wrong() == set()
    assert set(DAMAGE) == {one.claim for one in DIRECTORY}
    for claim, damage in DAMAGE.items():
        with transaction.atomic():
            with tenant_scope(tenant.id):
                if claim.startswith("what"):
                    other = propose(
                        enrolled_account(program), Saying(name="B"), logo=None, actor="system",
                        now=NOW,
                    )  # fmt: skip
                    told["other"] = other
                damage(told)
            assert wrong() == {claim}
            transaction.set_rollback(True)


@pytest.mark.parametrize("count", [1, 3])
def test_the_directory_takes_as_many_queries_however_long_and_few_when_kept(
    in_tenant, program, client, count, django_assert_num_queries
):
    for number in range(count):
        shown(enrolled_account(program), f"Zorn {number}", places=[place("Berlin")])
    host = {"host": f"{in_tenant.slug}.localhost"}
    with django_assert_num_queries(7):
        assert "Zorn" in text_of(client.get("/partners/", headers=host))
    with django_assert_num_queries(4):
        assert "Zorn" in text_of(client.get("/partners/", headers=host))
