"""Forecasts in the console, singly and by list; papers of agreements on both sides."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.files import content_of
from accounts.models import File
from rebates import clock, drafting, offering, papers
from rebates.drafting import AgreementRefused, NotADraft
from rebates.models import Acceptance, AgreementVersion, Estimate, Forecast
from tests.factories import MemberFactory, ProgramFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, text_of
from tests.rebates.deals import agreed, bands, violations
from tests.rewards.stories import accepted, at, purchase

HERE = "/console/forecasts/"
NOW = at("2026-02-15 10:00")
PDF = b"%PDF-1.7 contract\n%%EOF"


@pytest.fixture
def world(in_tenant, monkeypatch):
    """Two dealers with 1 %, from 5,000.00 a quarter 2 %; one sells units, each 25 cents."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    program = ProgramFactory()
    dealers = [enrolled_account(program, number=f"D-{n}", name=f"Dealer {n}") for n in (1, 2)]
    for n, dealer in enumerate(dealers, 1):
        agreed(program, dealer, code=f"v-{n}", terms={"bands": bands((0, "1"), (5_000_00, "2"))})
        accepted(purchase(dealer, "1000.00", at("2026-01-10"), f"P-{n}"), as_of=at("2026-01-10"))
    units = {"measure": "quantity", "bands": bands((1, 25))}
    agreed(program, dealers[0], code="units", terms=units)
    clock.advance(at=at("2026-01-11"))
    people = {role: StaffFactory(name=role.title(), role=role) for role in ("finance", "analyst")}
    return SimpleNamespace(
        tenant=in_tenant,
        program=program,
        dealers=dealers,
        **{role: client_of(in_tenant, one.user) for role, one in people.items()},
    )


def test_finance_forecasts_a_period_and_sees_both_and_the_difference(world):
    [first] = world.dealers[0].accruals.filter(agreement__code="v-1")
    page = f"{HERE}{first.pk}/"
    assert "Nobody has forecast this period yet." in text_of(world.analyst.get(page))
    assert world.analyst.post(page, {"expected": "1"}).status_code == 404
    for wrong, says in (
        ("ten", "is no number"),
        ("-1", "not below zero"),
        ("10.001", "more than 2 decimals"),
        ("9" * 20, "no more than can be counted"),
    ):
        refused = world.finance.post(page, {"expected": wrong})
        assert refused.status_code == 422
        assert says in text_of(refused)
    assert not Forecast.objects.exists()
    world.finance.post(page, {"expected": "6,000.00", "note": "As last year"})
    world.finance.post(page, {"expected": "6000", "note": "said again"})
    clock.advance(at=NOW)
    # 1,000.00 sold: on actuals 1 %, at the rate of 6,000.00 2 %.
    assert Estimate.objects.values_list("month", "actual", "expected", "moved").get() == (
        date(2026, 1, 1), 10_00, 20_00, 20_00
    )  # fmt: skip
    world.finance.post(page, {"expected": "4000.00", "note": "The big order is off"})
    seen = text_of(world.analyst.get(page))
    assert "$4,000.00 no. 2 The big order is off" in seen
    assert "$6,000.00 no. 1 As last year" in seen
    clock.advance(at=at("2026-03-02"))
    assert Estimate.objects.values_list("expected", "moved").last() == (10_00, -10_00)
    row = text_of(world.analyst.get(HERE))
    assert "$1,000.00 $4,000.00 no. 2 $10.00 $10.00 $10.00 $0.00" in row
    missing = text_of(world.analyst.get(f"{HERE}?missing=1"))
    assert ("V-1" in missing, "V-2 Dealer 2" in missing) == (False, True)
    assert violations(world.tenant) == []


def test_a_list_is_looked_at_before_it_is_kept_and_what_is_refused_comes_back(world):
    rows = (
        "Agreement;Account;Period;Expected;Note\n"
        "v-1;;2026-01;6.000,00;\n"
        "v-2;D-2;2026-01-01;7.000,50;with a note\n"
        "units;D-1;2026-01-01;12,5;\n"
        "v-1;D-2;2026-01-01;1;\n"
        "v-1;D-1;2026-04-01;1;\n"
        "nothing;D-1;2026-01-01;1;\n"
        "v-1;D-1;soon;1;\n"
        "v-1;D-1;2026-01-01;12,345;\n"
    )
    page, said = f"{HERE}list/", {"pasted": rows, "numbers": "comma"}
    looked = text_of(world.finance.post(page, said | {"action": "check"}))
    assert "3 new, 0 as before, 5 refused" in looked
    assert not Forecast.objects.exists()
    for says in ("There is no agreement “nothing”", "“soon” is not the first day", "2 decimals"):
        assert says in looked
    kept = text_of(world.finance.post(page, said | {"action": "keep"}))
    assert "3 new forecasts are kept." in kept
    assert "What was not kept" in kept
    assert set(Forecast.objects.values_list("agreement__code", "expected", "note")) == {
        ("v-1", 6_000_00, ""),
        ("v-2", 7_000_50, "with a note"),
        ("units", 12_5000, ""),
    }
    again = text_of(world.finance.post(page, said | {"action": "check"}))
    assert "0 new, 3 as before, 5 refused" in again
    file = SimpleUploadedFile("f.csv", b"Agreement,Period,Expected\nv-1,2026-01-01,10.00\n")
    upload = {"file": file, "numbers": "point", "action": "keep"}
    world.finance.post(page, upload)
    assert Forecast.objects.filter(agreement__code="v-1").values_list("number", "expected").last(
    ) == (2, 10_00)  # fmt: skip
    excel = "Agreement;Period;Expected;Note\nv-2;2026-01;7.000,50;Größe\n".encode("cp1252")
    upload = {"file": SimpleUploadedFile("e.csv", excel), "numbers": "comma", "action": "check"}
    assert "Größe" in text_of(world.finance.post(page, upload))
    for wrong, says in (
        ("Code;Period\nx;y\n", "there is none called Expected"),
        ("", "Choose a file, or paste rows."),
        ("Agreement;Period;Expected\n", "no row below it"),
    ):
        refused = world.finance.post(page, {"pasted": wrong, "numbers": "point"})
        assert refused.status_code == 422
        assert says in text_of(refused)
    assert world.analyst.get(page).status_code == 403


def test_papers_are_offered_read_and_accepted_with_the_terms(world):
    dealer, other = world.dealers
    maker = StaffFactory(name="Mia Maker", role="manager")
    version = drafting.draft_agreement(
        program=world.program,
        account=dealer,
        code="new",
        name="New",
        period="quarter",
        starts_on=date(2026, 4, 1),
        said={"terms": {"bands": bands((0, "1"))}},
        actor=maker.actor,
        now=NOW,
    )
    manager = client_of(world.tenant, StaffFactory(role="manager").user)
    attach = f"/console/agreements/versions/{version.pk}/papers/"
    empty = offering.digest_of(version)
    wrong = manager.post(attach, {"paper": SimpleUploadedFile("x.exe", b"MZ\x90\x00")}, follow=True)
    assert wrong.status_code == 200
    assert not File.objects.exists()
    for _ in range(2):  # the same bytes stay once
        manager.post(attach, {"paper": SimpleUploadedFile("contract.pdf", PDF)})
    version.refresh_from_db()
    [paper] = version.documents
    assert (paper["name"], content_of(File.objects.get(pk=paper["file"]))) == ("contract.pdf", PDF)
    with_paper = offering.digest_of(version)
    assert with_paper != empty

    admin, stranger = (
        client_of(world.tenant, MemberFactory(account=one, portal_role="admin").user)
        for one in (dealer, other)
    )
    home = f"/portal/{dealer.enrollments.get().id}/rebates/{version.agreement_id}/"
    link = f"{home}papers/{paper['file']}/"
    assert admin.get(link).status_code == 404  # a draft is nobody's business
    offering.offer_version(version=version, valid_from=None, actor=maker.actor, now=NOW)
    assert "contract.pdf" in text_of(admin.get(home))
    assert admin.get(link).content == PDF
    theirs = f"/portal/{other.enrollments.get().id}/rebates/{version.agreement_id}/"
    assert stranger.get(link).status_code == 404
    assert stranger.get(f"{theirs}papers/{paper['file']}/").status_code == 404
    assert admin.get(f"/portal/files/{paper['file']}/").status_code == 404
    admin.post(home, {"version": version.pk, "digest": with_paper})
    assert Acceptance.objects.get(version=version).digest == with_paper
    late = SimpleUploadedFile("late.pdf", PDF)
    with pytest.raises(NotADraft):
        papers.attach(version=version, upload=late, actor=maker.actor, now=NOW)

    # The next version begins with the same paper; taken off there, the old one stays readable.
    manager.post(f"/console/agreements/{version.agreement_id}/next/")
    draft = AgreementVersion.objects.get(agreement=version.agreement_id, number=2)
    off = f"/console/agreements/versions/{draft.pk}/papers/{paper['file']}/off/"
    assert manager.post(off).status_code == 302
    assert manager.post(off).status_code == 404
    draft.refresh_from_db()
    assert draft.documents == []
    assert admin.get(link).content == PDF
    for n in range(papers.MOST_PAPERS):
        one = SimpleUploadedFile(f"{n}.pdf", PDF)
        papers.attach(version=draft, upload=one, actor=maker.actor, now=NOW)
    with pytest.raises(AgreementRefused, match="at most 10 papers"):
        papers.attach(version=draft, upload=late, actor=maker.actor, now=NOW)
