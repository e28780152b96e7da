"""A SPIFF from its terms to the money of who sold: what counts, who decides, and its year."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from accounts.models import Event
from accounts.tenancy import tenant_scope
from partners.models import SpiffClaim, SpiffVersion
from partners.spiffs import clock, deciding
from partners.spiffs.books import SPIFFS
from partners.spiffs.claiming import CannotClaim, OtherClaim, claim
from partners.spiffs.consents import CannotRecord, give_consent, withdraw_consent
from partners.spiffs.terms import BadTerms, Terms, draft, open_on, publish
from partners.spiffs.years import change_settings, is_flagged, people_in, settings
from rewards.models import Entry
from tests.factories import (
    MemberFactory,
    ProductFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    enrolled_account,
)
from tests.partners.spiff_stories import (
    ANNOUNCED,
    NOON,
    TODAY,
    ZONE,
    approved,
    claimed,
    held,
    invoice,
    sale,
    spiff,
)
from tests.rewards.stories import accepted, at, each_is_found, purchase, taken_back, wrong


def test_a_claimed_sale_is_rewarded_once_and_a_return_takes_its_share_back(
    in_tenant, program, seller, manager
):
    one = spiff(program)
    wanted = sale(one, seller, quantity=3, document="r-77", key="form 1")
    made = claim(wanted, zone=ZONE, now=NOON)
    assert (made.wanted, made.granted, made.flags) == (75_00, 75_00, [{"code": "no_sale"}])
    assert claim(wanted, zone=ZONE, now=NOON).pk == made.pk
    with pytest.raises(OtherClaim), transaction.atomic():
        claimed(one, seller, quantity=2, document="r-77", key="form 1")
    assert held(seller) == (0, 0)  # nothing moves before somebody has looked

    # its fact comes in before somebody looks
    accepted(
        purchase(seller.account, "900.00", at("2026-05-18"), "R-77", product="SKU-X", quantity=3),
        as_of=at("2026-05-19"),
    )
    assert approved(made, manager).flags == []
    assert held(seller) == (75_00, 0)
    with pytest.raises(deciding.NotNow, match="Approved"), transaction.atomic():
        approved(made, manager)
    entry = Entry.objects.get(kind="award")
    assert (entry.cause, entry.actor) == (made.pk, manager.actor)
    made.refresh_from_db()
    assert made.award.reason == "Spring push: 3 × SKU-X (r-77)"

    accepted(
        taken_back(seller.account, "300.00", at("2026-05-21"), of="R-77", document="G-1"),
        as_of=at("2026-05-21"),
    )
    assert clock.take_back_returned(now=at("2026-05-22")) == 1
    assert clock.take_back_returned(now=at("2026-05-22")) == 0
    made.refresh_from_db()
    assert (made.returned, made.recalled, made.value) == (1, 25_00, 50_00)
    assert held(seller) == (50_00, 0)
    deciding.take_back(made.pk, units=2, reason="All came back", actor=manager.actor, now=NOON)
    assert held(seller) == (0, 0)
    with pytest.raises(deciding.NotNow), transaction.atomic():
        deciding.take_back(made.pk, units=1, reason="More", actor=manager.actor, now=NOON)
    one.refresh_from_db()
    assert one.claimed == 0
    kinds = Event.objects.filter(subject=f"spiff_claim:{made.pk}").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == [
        "spiff_claim.claimed",
        "spiff_claim.approved",
        "spiff_claim.taken_back",
        "spiff_claim.taken_back",
    ]
    assert wrong(in_tenant) == set()


def test_only_sales_of_the_period_claimed_in_time_and_not_before_it_was_announced_count(
    in_tenant, program, seller
):
    one = spiff(
        program,
        starts_on=date(2026, 3, 1),
        ends_on=date(2026, 5, 19),
        claim_days=10,
        items={"SKU-X": 25_00, "line: Routers": 10_00},
    )
    for said, why in (
        ({"sold_on": date(2026, 5, 21)}, "still to come"),
        ({"sold_on": date(2026, 5, 20)}, "Nothing sold on that day"),
        ({"sold_on": date(2026, 3, 31)}, "announced on Apr 1, 2026"),
        ({"sold_on": date(2026, 5, 9)}, "until May 19, 2026"),
        ({"sku": "SKU-Z"}, "does not count"),
        ({"sku": "NONE"}, "does not count"),
        ({"quantity": 0}, "how many units"),
        ({"document": "R\x00"}, "invoice’s number"),
        ({"serials": ["A", "B", "C"]}, "more serial numbers"),
        ({"customer": "x" * 201}, "one line"),
    ):
        with pytest.raises(CannotClaim, match=why), transaction.atomic():
            claimed(one, seller, **said)
    assert not SpiffClaim.objects.exists()
    # a product's own amount goes before its line's
    assert claimed(one, seller, sold_on=date(2026, 5, 10)).granted == 50_00
    assert claimed(one, seller, sku="SKU-Y").granted == 20_00
    assert wrong(in_tenant) == set()


def test_a_document_and_a_serial_number_are_claimed_once_and_free_again_when_rejected(
    in_tenant, program, seller, manager
):
    one = spiff(program, needs_serials=True, needs_proof=True)
    other = MemberFactory(account=enrolled_account(program, number="R-2", name="Bay Systems"))
    with pytest.raises(CannotClaim, match="one serial number for each unit"), transaction.atomic():
        claimed(one, seller, serials=["sn 1"], proof=invoice())
    with pytest.raises(CannotClaim, match="Hand in the invoice"), transaction.atomic():
        claimed(one, seller, serials=["sn 1", "sn 2"])
    first = claimed(one, seller, document="R-1", serials=["sn 1", "SN2"], proof=invoice())
    assert first.proof.account_id == seller.account_id
    with pytest.raises(CannotClaim, match="claimed before") as refused, transaction.atomic():
        claimed(one, seller, document="r - 1", serials=["3", "4"], proof=invoice())
    assert refused.value.field == "document"
    with pytest.raises(CannotClaim, match="SN2") as refused, transaction.atomic():
        claimed(one, other, document="R-9", serials=["sn2", "5"], proof=invoice())
    assert refused.value.field == "serials"
    one.refresh_from_db()
    assert one.claimed == 50_00
    deciding.reject(first.pk, by=manager.actor, reason="Not readable", now=NOON)
    again = claimed(one, other, document="R-1", serials=["sn2", "5"], proof=invoice())
    assert again.flags == [
        {"code": "no_sale"},
        {"code": "same_document", "account": "Harbor IT", "claim": first.reference},
        {"code": "serial_before", "serials": ["SN2"]},
    ]
    one.refresh_from_db()
    assert one.claimed == 50_00
    assert wrong(in_tenant) == set()


def test_nobody_decides_on_their_own_and_consent_is_needed_where_the_terms_say_so(
    in_tenant, program, seller, manager
):
    one = spiff(program, needs_consent=True, unit="points", items={"SKU-X": 100})
    with pytest.raises(CannotClaim, match="consent"), transaction.atomic():
        claimed(one, seller)
    said = {"member": seller, "given_on": TODAY, "today": TODAY, "actor": manager.actor}
    consent = give_consent(given_by="Dana Director", now=NOON, **said)
    with pytest.raises(CannotRecord, match="already"), transaction.atomic():
        give_consent(given_by="Somebody Else", now=NOON, **said)
    first, second = claimed(one, seller), claimed(one, seller)
    double = StaffFactory(user=seller.user)  # the same person works for the tenant too
    for decide in (
        lambda: approved(first, double),
        lambda: deciding.reject(first.pk, by=double.actor, reason="No", now=NOON),
    ):
        with pytest.raises(deciding.NotNow, match="somebody else"), transaction.atomic():
            decide()
    approved(first, manager)
    withdraw_consent(consent.pk, actor=manager.actor, now=NOON)
    with pytest.raises(deciding.NotNow, match="withdrawn"), transaction.atomic():
        approved(second, manager)
    assert held(seller, "points") == (200, 0)
    deciding.withdraw(second.pk, by=seller.actor, now=NOON)
    one.refresh_from_db()
    assert one.claimed == 200
    assert wrong(in_tenant) == set()


def test_caps_leave_what_is_left_and_say_so(in_tenant, program, seller, manager):
    one = spiff(program, cap_person=60_00, budget=100_00, starts_on=date(2026, 4, 1))
    twin = MemberFactory(
        account=enrolled_account(program, number="R-2"), user=seller.user, name="Sal Seller"
    )
    other = MemberFactory(account=seller.account)
    assert claimed(one, seller).granted == 50_00
    part = claimed(one, twin)  # one person, at whichever company
    assert (part.wanted, part.granted, part.limited_by) == (50_00, 10_00, "person")
    with pytest.raises(CannotClaim, match="one person"), transaction.atomic():
        claimed(one, seller)
    rest = claimed(one, other)
    assert (rest.granted, rest.limited_by) == (40_00, "budget")
    with pytest.raises(CannotClaim, match="used up"), transaction.atomic():
        claimed(one, MemberFactory(account=seller.account))
    deciding.reject(rest.pk, by=manager.actor, reason="Wrong product", now=NOON)
    assert claimed(one, other).granted == 40_00
    assert wrong(in_tenant) == set()


def test_sixteen_claims_at_once_share_what_is_left_to_the_cent(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        ProductFactory(sku="SKU-X")
        account = enrolled_account(program, number="R-1")
        people = [MemberFactory(account=account) for _ in range(16)]
        one = spiff(program, budget=260_00)

    def run(who) -> int:
        try:
            with tenant_scope(tenant.id):
                return claimed(one, who).granted
        except CannotClaim:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as threads:
        granted = sorted(threads.map(run, people))
    assert granted == [*[0] * 10, 10_00, *[50_00] * 5]
    with tenant_scope(tenant.id), transaction.atomic():
        one.refresh_from_db()
        assert one.claimed == 260_00
    assert wrong(tenant) == set()


def test_published_terms_stay_and_new_ones_hold_from_their_day_on(in_tenant, program, seller):
    one = spiff(program)
    terms = Terms(
        starts_on=date(2026, 4, 1),
        ends_on=date(2026, 7, 31),
        valid_from=date(2026, 5, 19),
        items={"SKU-X": 40_00},
        needs_proof=False,
    )
    second = draft(spiff_id=one.pk, terms=terms, actor="system", now=NOON)
    with pytest.raises(BadTerms, match="today on"), transaction.atomic():
        publish(second.pk, seen=NOON, actor="system", today=TODAY, now=NOON)
    later = {"actor": "system", "today": date(2026, 5, 19), "now": at("2026-05-19")}
    publish(second.pk, seen=NOON, **later)
    with pytest.raises(DatabaseError, match="published stays"), transaction.atomic():
        SpiffVersion.objects.filter(pk=second.pk).update(claim_days=99)
    assert claimed(one, seller).granted == 50_00  # sold on the 18th
    assert claimed(one, seller, sold_on=date(2026, 5, 19)).granted == 80_00
    [(found, version)] = open_on(program.pk, TODAY)
    assert (found, version.number) == (one, 2)
    for said, field in (
        ({"ends_on": date(2026, 3, 1)}, "ends_on"),
        ({"items": {"SKU-NONE": 1}}, "items"),
        ({"items": {"line: Nothing": 1}}, "items"),
        ({"items": {"SKU-X": 10**18}}, "items"),
        ({"budget": 0}, "budget"),
        ({"claim_days": 0}, "claim_days"),
        ({"starts_on": date(9998, 1, 1), "ends_on": date(9999, 12, 31)}, "ends_on"),
    ):
        with pytest.raises(BadTerms) as bad, transaction.atomic():
            draft(
                spiff_id=one.pk,
                terms=Terms(
                    **({"starts_on": TODAY, "ends_on": TODAY, "items": {"SKU-X": 1}} | said)
                ),
                actor="system",
                now=ANNOUNCED,
            )
        assert bad.value.field == field


def test_a_year_adds_up_per_person_and_flags_who_is_to_be_reported(
    in_tenant, program, seller, manager
):
    money, points = spiff(program), spiff(program, name="P", unit="points", items={"SKU-X": 1_000})
    twin = MemberFactory(account=enrolled_account(program, number="R-2"), user=seller.user)
    small = MemberFactory(account=seller.account)
    for one, who in ((money, seller), (points, twin), (money, small)):
        approved(claimed(one, who, quantity=4), manager)
    claimed(money, small)  # waits, and is no value yet
    change_settings(threshold=119_99, points_worth=200, actor=manager.actor, now=NOON)
    about = {"zone": ZONE, "currency": "USD", "setting": settings()}
    rows = {row: (row.money, row.points, row.worth) for row in people_in(2026, **about)}
    assert rows == {
        seller: (100_00, 0, 120_00),
        twin: (0, 4_000, 120_00),
        small: (100_00, 0, 100_00),
    }
    assert {row for row in rows if is_flagged(rows[row][2], settings())} == {seller, twin}
    assert list(people_in(2025, **about)) == []


def test_who_decided_may_work_for_the_partner_later(in_tenant, program, seller, manager):
    approved(claimed(spiff(program), seller), manager)
    MemberFactory(account=seller.account, user=manager.user)
    assert wrong(in_tenant) == set()


def test_the_books_find_damage(in_tenant, program, seller, manager):
    one = spiff(program, cap_person=120_00, budget=500_00)
    approved(claimed(one, seller), manager)
    damage = (
        "UPDATE partners_spiffclaim SET recalled = 1",
        "UPDATE partners_spiff SET claimed = claimed + 1",
        "UPDATE partners_spiffclaim SET wanted = 30000, granted = 30000",
        "UPDATE partners_spiffclaim SET sold_on = '2026-03-31'",
        f"""UPDATE accounts_staff SET user_id = '{seller.user_id}';
            UPDATE accounts_member SET created_at = '2026-05-20T12:00-04'""",
    )
    each_is_found(in_tenant, SPIFFS, damage)
