"""The house style, the doors to each face, people and settings, as a browser sees them."""

import re
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from accounts.colors import DARK_SURFACES, LIGHT_SURFACES, contrast, shades
from accounts.models import Event, Invitation, Member, Staff, Tenant
from accounts.tenancy import tenant_scope
from tests.factories import AccountFactory, MemberFactory, StaffFactory, UserFactory
from tests.loyalty.faces import text_of

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
LOOKS = {
    "part": "looks",
    "name": "Acme Rewards",
    "brand_color": "#ffd400",
    "accent_color": "#101010",
}
colors = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.fixture
def page(client, tenant):
    client.defaults["HTTP_HOST"] = f"{tenant.slug}.localhost:8000"
    return client


@pytest.fixture
def sign_in(page, tenant):
    def as_staff(role: str) -> Staff:
        with tenant_scope(tenant.id):
            staff = StaffFactory(role=role)
        page.force_login(staff.user)
        return staff

    return as_staff


# ── Looks ────────────────────────────────────────────────────────────────────────────────────────


@given(color=colors, dark=st.booleans())
def test_any_color_of_a_tenant_comes_out_readable(color, dark):
    shade = shades(color, dark=dark)
    surfaces = DARK_SURFACES if dark else LIGHT_SURFACES
    assert contrast(shade.on_fill, shade.fill) >= 4.5
    assert all(contrast(shade.text, ground) >= 4.5 for ground in (*surfaces, shade.soft))
    assert all(contrast(shade.mark, ground) >= 3 for ground in surfaces)


def test_contrast_is_that_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert shades("#1d4ed8", dark=False).fill == "#1d4ed8"


def test_each_host_has_its_own_colors(client, tenant, other_tenant):
    with tenant_scope(other_tenant.id):
        Tenant.objects.update(brand_color="#ffd400")

    def sheet(slug: str) -> str:
        return client.get("/brand/colors.css", headers={"host": f"{slug}.localhost"}).text

    assert "--brand: light-dark(#1d4ed8, " in sheet(tenant.slug)
    assert "--brand: light-dark(#ffd400, " in sheet(other_tenant.slug)
    assert "--on-brand: light-dark(#101318, #101318);" in sheet(other_tenant.slug)


def test_page_obeys_the_content_security_policy(page, sign_in):
    sign_in("owner")
    for path in ("/console/people/", "/console/keys/", "/console/settings/", "/sign-in/2fa/"):
        answer = page.get(path)
        assert answer.status_code == 200
        assert answer["Content-Security-Policy"].split("; ").count("script-src 'self'") == 1
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", answer.text)


# ── Doors ────────────────────────────────────────────────────────────────────────────────────────


def test_everybody_comes_home_to_their_own_face(page, tenant):
    with tenant_scope(tenant.id):
        places = {
            "/console/": StaffFactory(role="analyst").user,
            "/field/": StaffFactory(role="rep").user,
            "/portal/": MemberFactory().user,
        }
        both = MemberFactory().user
        StaffFactory(user=both, role="finance")
    for home, user in [*places.items(), ("/console/", both)]:
        page.force_login(user)
        assert page.get("/")["Location"] == home


def test_stranger_signs_in_first(page):
    assert page.get("/")["Location"] == "/sign-in/login/"
    assert page.get("/console/people/")["Location"] == "/sign-in/login/?next=/console/people/"
    part = page.get("/console/people/", headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (200, "/sign-in/login/")


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(page):
    form = f"http://{page.defaults['HTTP_HOST']}/console/rules/?state=draft"
    sent = page.post("/console/rules/second-pair/", {"needed": "1"}, headers={"Referer": form})
    assert sent["Location"] == "/sign-in/login/?next=/console/rules/%3Fstate%3Ddraft"
    told = page.get(sent["Location"])
    assert "You were signed out meanwhile: nothing was saved." in text_of(told)
    elsewhere = {"Referer": "http://other.example/console/rules/"}
    sent = page.post("/console/rules/second-pair/", {"needed": "1"}, headers=elsewhere)
    assert sent["Location"] == "/sign-in/login/?next=/"


def test_person_of_another_tenant_has_no_place_here(page, tenant, other_tenant):
    with tenant_scope(other_tenant.id):
        user = StaffFactory(role="owner").user
    page.force_login(user)
    for path in ("/", "/console/people/", "/portal/colleagues/"):
        answer = page.get(path)
        assert answer.status_code == 403
        assert "You have no access to this workspace" in answer.text


def test_partner_is_told_which_role_a_page_needs(page, tenant):
    with tenant_scope(tenant.id):
        page.force_login(MemberFactory().user)
    answer = page.get("/console/settings/")
    assert answer.status_code == 403
    assert "<strong>Owner or Program manager</strong>" in answer.text
    assert "<strong>Partner</strong>" in answer.text


def test_nobody_signs_up_at_a_tenant(page):
    answer = page.get("/sign-in/signup/")
    assert "is by invitation" in answer.text


@pytest.mark.parametrize("host", ["localhost", "tenant"])
def test_health_is_told_on_every_host(client, tenant, host):
    name = f"{tenant.slug}.localhost" if host == "tenant" else host
    answer = client.get("/healthz", headers={"host": name})
    assert (answer.status_code, answer.text) == (200, "ok\n")


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────


def kept(tenant: Tenant) -> Tenant:
    with tenant_scope(tenant.id):
        return Tenant.objects.get()


def test_looks_change_for_everybody(page, sign_in, tenant):
    owner = sign_in("owner")
    logo = SimpleUploadedFile("logo.svg", PNG, content_type="image/svg+xml")
    answer = page.post("/console/settings/", LOOKS | {"logo": logo})
    assert answer["Location"] == "/console/settings/"
    now = kept(tenant)
    assert (now.name, now.brand_color, now.accent_color) == ("Acme Rewards", "#ffd400", "#101010")
    # Its bytes decide, not its name.
    assert (bytes(now.logo), now.logo_type) == (PNG, "image/png")
    with tenant_scope(tenant.id):
        event = Event.objects.get()
    assert (event.kind, event.actor) == ("tenant.looks_changed", owner.actor)

    page.logout()
    shown = re.search(r"/brand/logo\?v=\w+", page.get("/sign-in/login/").text)[0]
    served = page.get(shown)
    assert (served.content, served["Content-Type"]) == (PNG, "image/png")
    assert served["X-Content-Type-Options"] == "nosniff"
    assert served["Cache-Control"] == "public, max-age=31536000, immutable"
    assert page.get("/brand/logo?v=old")["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "must be a PNG, JPEG or WebP image"),
        (b"GIF89a", "must be a PNG, JPEG or WebP image"),
        (PNG + b"x" * 200 * 1024, "at most 200 kB"),
    ],
    ids=["svg", "gif", "large"],
)
def test_file_that_is_no_logo_changes_nothing(page, sign_in, tenant, content, reason):
    sign_in("owner")
    before = kept(tenant)
    logo = SimpleUploadedFile("logo.png", content, content_type="image/png")
    answer = page.post("/console/settings/", LOOKS | {"logo": logo})
    assert answer.status_code == 422
    assert reason in answer.text
    assert (kept(tenant).name, kept(tenant).logo) == (before.name, before.logo)


@pytest.mark.parametrize("color", ["red", "#12345", "#1d4ed8;}", "javascript:x"])
def test_color_that_is_none_changes_nothing(page, sign_in, tenant, color):
    sign_in("owner")
    answer = page.post("/console/settings/", LOOKS | {"brand_color": color})
    assert answer.status_code == 422
    assert kept(tenant).brand_color == "#1d4ed8"


def test_colors_are_previewed_before_they_are_saved(page, sign_in, tenant):
    path = "/console/settings/preview.css"
    wish = {"brand": "#ffd400", "accent": "#101010"}
    assert page.get(path, wish).status_code == 302
    sign_in("owner")
    sheet = page.get(path, wish)
    assert sheet.text.startswith(".brand-preview {\n  --brand: light-dark(#ffd400, #ffd400);")
    assert page.get(path, wish | {"brand": "red;} body {"}).status_code == 400
    assert kept(tenant).brand_color == "#1d4ed8"


def test_currency_is_open_until_the_first_fact(page, sign_in, tenant):
    sign_in("owner")
    basis = {"part": "basis", "currency": "EUR", "time_zone": "Europe/Berlin"}
    assert page.post("/console/settings/", basis | {"fiscal_year_starts": "13"}).status_code == 422
    basis |= {"fiscal_year_starts": "3"}
    assert page.post("/console/settings/", basis).status_code == 302
    assert (kept(tenant).currency, kept(tenant).time_zone) == ("EUR", "Europe/Berlin")
    assert kept(tenant).fiscal_year_starts == 3

    with tenant_scope(tenant.id):
        _one_fact()
    changed = basis | {"currency": "USD", "fiscal_year_starts": "1"}
    answer = page.post("/console/settings/", changed)
    assert answer.status_code == 422
    assert (kept(tenant).currency, kept(tenant).fiscal_year_starts) == ("EUR", 3)
    assert "Fixed, because facts are in" in page.get("/console/settings/").text


def _one_fact() -> None:
    from accounts.ids import uuid7
    from accounts.models import Activity

    when = datetime(2026, 4, 1, tzinfo=UTC)
    Activity.objects.create(
        account=AccountFactory(),
        kind="purchase",
        source="test",
        external_id="1",
        occurred_at=when,
        recorded_at=when,
        digest=uuid7(),
    )


# ── People ───────────────────────────────────────────────────────────────────────────────────────


def test_owner_changes_a_role_and_takes_access(page, sign_in, tenant):
    sign_in("owner")
    with tenant_scope(tenant.id):
        rep = StaffFactory(role="rep", name="Rita Rep")
    page.post(f"/console/people/{rep.pk}/", {"role": "analyst"})
    with tenant_scope(tenant.id):
        rep.refresh_from_db()
        event = Event.objects.get()
    assert (rep.role, rep.is_active) == ("analyst", False)
    assert event.payload == {
        "before": {"role": "rep", "is_active": True},
        "after": {"role": "analyst", "is_active": False},
    }
    page.force_login(rep.user)
    assert page.get("/").status_code == 403


def test_nobody_changes_themselves_and_managers_no_owners(page, sign_in, tenant):
    with tenant_scope(tenant.id):
        owner = StaffFactory(role="owner")
        rep = StaffFactory(role="rep")
    manager = sign_in("manager")
    for person, wish in ((manager, "rep"), (owner, "rep"), (rep, "owner")):
        answer = page.post(f"/console/people/{person.pk}/", {"role": wish, "is_active": "on"})
        assert answer.status_code == 422
    with tenant_scope(tenant.id):
        roles = dict(Staff.objects.values_list("pk", "role"))
        assert Event.objects.count() == 0
    assert roles == {owner.pk: "owner", rep.pk: "rep", manager.pk: "manager"}


def test_people_of_another_tenant_are_not_found(page, sign_in, tenant, other_tenant):
    sign_in("owner")
    with tenant_scope(other_tenant.id):
        staff, member = StaffFactory(role="rep"), MemberFactory()
    for path in (f"/console/people/{staff.pk}/", f"/console/people/members/{member.pk}/"):
        assert page.post(path, {"role": "owner", "portal_role": "viewer"}).status_code == 404
        assert page.get(path).status_code == 404
    with tenant_scope(other_tenant.id):
        assert Staff.objects.get().role == "rep"
        assert Member.objects.get().portal_role == "admin"


def test_partner_is_invited_by_account_number_of_this_tenant(page, sign_in, tenant, other_tenant):
    sign_in("manager")
    with tenant_scope(other_tenant.id):
        AccountFactory(number="FOREIGN")
    wish = {"account": "FOREIGN", "email": "pat@example.com", "portal_role": "admin"}
    answer = page.post("/console/people/members/invite/", wish)
    assert "No account has this number." in answer.text
    with tenant_scope(tenant.id):
        assert Invitation.objects.count() == 0
        AccountFactory(number="OURS")
    page.post("/console/people/members/invite/", wish | {"account": "OURS"})
    with tenant_scope(tenant.id):
        assert Invitation.objects.get().account.number == "OURS"


def test_portal_shows_colleagues_of_ones_own_account_only(page, tenant):
    with tenant_scope(tenant.id):
        me = MemberFactory(name="Pat Partner", portal_role="member")
        MemberFactory(name="Colin Colleague", account=me.account)
        MemberFactory(name="Other Person")
    page.force_login(me.user)
    shown = page.get("/portal/colleagues/").text
    assert "Colin Colleague" in shown
    assert "Other Person" not in shown
    assert page.get("/portal/colleagues/invite/").status_code == 403


def test_admin_of_one_account_cannot_invite_to_another(page, tenant):
    user = UserFactory()
    with tenant_scope(tenant.id):
        MemberFactory(user=user, portal_role="admin")
        viewed = MemberFactory(user=user, portal_role="viewer").account
        foreign = AccountFactory()
    page.force_login(user)
    for account in (viewed, foreign):
        path = f"/portal/colleagues/invite/?account={account.pk}"
        answer = page.post(path, {"email": "x@example.com", "portal_role": "admin"})
        assert answer.status_code == 404
    with tenant_scope(tenant.id):
        assert Invitation.objects.count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_the_database_the_same_number_of_times(
    page, sign_in, tenant, count, django_assert_num_queries
):
    sign_in("owner")
    with tenant_scope(tenant.id):
        for _ in range(count):
            StaffFactory()
            MemberFactory()
    # tenant; session; user; staff; then what the page lists
    with django_assert_num_queries(QUERIES["staff"]):
        page.get("/console/people/")
    with django_assert_num_queries(QUERIES["members"]):
        page.get("/console/people/members/")


# savepoint and its release around the request, tenant, session, user, staff, members (the menu)
QUERIES = {"staff": 13, "members": 13}
