"""A new workspace: what its first pages say, and that the examples they offer work."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Account, Activity, Enrollment, Event, Product
from accounts.tenancy import tenant_scope
from loyalty.console.mapping_text import TEMPLATES
from tests.factories import AccountFactory, MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, running_program, text_of
from tests.partners.courses import a_course
from tests.rewards.stories import accepted, at, purchase

EXAMPLES = Path(settings.BASE_DIR, "loyalty/static/loyalty/examples")
NEW = "/console/imports/new/"


@pytest.fixture
def manager(in_tenant, program):
    return client_of(in_tenant, StaffFactory().user)


def test_home_says_what_to_do_first_until_the_first_fact_is_in(manager, program, in_tenant):
    text = text_of(manager.get("/console/"))
    assert "Check what earns Done" in text
    assert "4 Bring in your accounts" in text
    assert "2 of 10 done" in text
    assert "Outstanding points" not in text

    dealer = enrolled_account(program, on=at("2026-01-01 00:00"))
    MemberFactory(account=dealer)
    text = text_of(manager.get("/console/"))
    assert "Bring in your accounts Done" in text
    assert "5 Bring in your products when you like" in text
    assert "Invite a partner Done" in text
    assert "6 Bring in their purchases" in text

    accepted(purchase(dealer, "10.00", at("2026-02-01")), as_of=at("2026-02-01 20:00"))
    text = text_of(manager.get("/console/"))
    assert "First steps" not in text
    assert "Set-up guide: 5 of 10 done. Next: Show your colors." in text
    assert "Outstanding points 10" in text

    closed = text_of(manager.post("/console/guide/", {"shown": ""}, follow=True))
    assert "Outstanding points 10" in closed
    assert "Set-up guide:" not in closed
    assert "Your program is live" in text_of(manager.get("/console/guide/"))
    manager.post("/console/guide/", {"shown": "on"})
    assert "Set-up guide:" in text_of(manager.get("/console/"))
    kinds = Event.objects.filter(kind__startswith="tenant.guide").order_by("id")
    assert [event.kind for event in kinds] == ["tenant.guide_closed", "tenant.guide_shown"]


def test_who_may_not_do_the_steps_sees_numbers(in_tenant, program):
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)

    text = text_of(analyst.get("/console/"))

    assert "First steps" not in text
    assert "Outstanding points 0" in text


def test_an_account_outside_is_enrolled_once_and_earns_from_then_on(manager, program):
    outsider = AccountFactory(name="Outsider")
    page = f"/console/accounts/{outsider.id}/"
    assert "Enroll in Acme Rewards" in text_of(manager.get(page))

    for said in ("is in Acme Rewards from now on", "is in Acme Rewards already"):
        answer = manager.post(f"{page}enroll/", {"program": program.slug}, follow=True)
        assert f"Outsider {said}." in text_of(answer)

    enrollment = Enrollment.objects.get(account=outsider)
    assert list(enrollment.standings.values_list("tier__name", flat=True)) == ["Member"]
    assert Event.objects.filter(kind="account.enrolled", account=outsider).count() == 1
    assert "Enroll in" not in text_of(manager.get(page))


def test_who_may_not_enroll_and_what_is_not_there(manager, program, in_tenant, other_tenant):
    outsider = AccountFactory()
    with tenant_scope(other_tenant.id):
        foreign, theirs = AccountFactory(), running_program(slug="theirs")
    path = f"/console/accounts/{outsider.id}/enroll/"
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)

    assert analyst.post(path, {"program": program.slug}).status_code == 403
    assert "Enroll in" not in text_of(analyst.get(f"/console/accounts/{outsider.id}/"))
    assert manager.get(path).status_code == 405
    assert manager.post(path, {"program": theirs.slug}).status_code == 404
    assert manager.post(path, {}).status_code == 404
    elsewhere = f"/console/accounts/{foreign.id}/enroll/"
    assert manager.post(elsewhere, {"program": program.slug}).status_code == 404
    assert not Enrollment.objects.exists()


def test_an_empty_list_of_accounts_leads_to_their_import_and_has_nothing_to_filter(manager):
    page = manager.get("/console/accounts/").content.decode()

    assert f'href="{NEW}?target=accounts"' in page
    assert 'id="filters"' not in page


def test_the_import_begins_with_accounts_until_there_are_some(manager, program):
    empty = manager.get(NEW).content.decode()
    AccountFactory()
    later = manager.get(NEW).content.decode()

    assert 'action="?target=accounts"' in empty
    assert f'<option value="{program.slug}" selected>' in empty
    assert 'action="?target=activities"' in later


@pytest.mark.parametrize("target", sorted(TEMPLATES))
def test_the_example_files_fit_the_mapping_that_the_form_offers(
    manager, program, target, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    for number in ("C-1001", "C-1002"):
        if target == "activities":
            enrolled_account(program, number=number)
    for sku in ("GLV-10", "DSC-60"):
        if target == "activities":
            Product.objects.create(sku=sku, name=sku)
    if target == "completions":
        a_course("sales-basics")
        for email in ("pat@example.com", "sam@example.com"):
            MemberFactory(user__email=email, account=enrolled_account(program, number=email))
    people = Account.objects.count()
    address = f"{NEW}?target={target}"
    example = (EXAMPLES / f"{target}.csv").read_bytes()
    sent = {"mapping": TEMPLATES[target], "source": "csv", "check": "1"}
    sent["file"] = SimpleUploadedFile("rows.csv", example, content_type="text/csv")

    assert f"/static/loyalty/examples/{target}" in manager.get(address).content.decode()
    text = text_of(manager.post(address, sent))

    rows = len(example.splitlines()) - 1
    assert f"All {rows} rows of the file were tried. Nothing was kept." in text
    assert f"Accepted {rows} Known 0 Rejected 0" in text
    assert not Activity.objects.exists()
    assert Account.objects.count() == people
