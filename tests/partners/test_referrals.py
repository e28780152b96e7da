"""A referral from who sends somebody to what both get: who was first, what is no new customer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction

from accounts.enrolling import enroll
from accounts.models import Account, Activity, Event
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from partners.models import Referral
from partners.referrals import deciding
from partners.referrals.books import REFERRALS
from partners.referrals.deciding import NotNow
from partners.referrals.referring import CannotRefer, OtherReferral, refer
from partners.referrals.terms import BadTerms, link_by, link_of, terms_of
from partners.spiffs import deciding as spiffs_deciding
from rewards import awarding
from rewards.ledger import activate_due
from rewards.models import Wallet
from rewards.payouts import follow_check
from tests.factories import (
    AccountFactory,
    MemberFactory,
    ProductFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    UserFactory,
    enrolled_account,
)
from tests.partners.referral_stories import (
    NOON,
    TODAY,
    ZONE,
    advanced,
    qualified,
    referral_terms,
    referred,
    wanted,
)
from tests.partners.spiff_stories import claimed, spiff
from tests.rewards.stories import accepted, at, purchase, taken_back

OSTWIND = {
    "customer": "Ostwind AG",
    "website": "www.ostwind.de",
    "contact_email": "o@ostwind.de",
}


@pytest.fixture
def program(in_tenant):
    program = ProgramFactory()
    referral_terms(program)
    return program


@pytest.fixture
def sender(program):
    account = enrolled_account(program, number="R-1", name="Harbor IT", domain="harbor-it.com")
    return MemberFactory(account=account, name="Sal", user=UserFactory(email="sal@harbor-it.com"))


@pytest.fixture
def manager(program):
    return StaffFactory()


def wrong(tenant) -> set[str]:
    """What the books find, but for what they say because the story's own tenant is open."""
    found = {one.invariant.claim for one in verify([tenant.id]) if one.violations}
    return found - {"without an open tenant no row is visible"}


def held(account) -> tuple[int, int]:
    wallet = Wallet.objects.filter(account=account, member=None, unit="points").first()
    return (wallet.available, wallet.pending) if wallet else (0, 0)


def bought(account, amount: str, day: str, document: str) -> None:
    accepted(purchase(account, amount, at(day), document), as_of=at(day))


def customer(program, number="N-1", **said):
    said = {"name": "Nordstern Logistik", "domain": "nordstern.de"} | said
    return enrolled_account(program, number=number, **said)


def reasons(one: Referral) -> list[str]:
    return [flag["code"] for flag in one.flags]


def test_a_first_purchase_wins_and_both_sides_get_theirs_once_the_days_are_over(
    in_tenant, program, sender, manager
):
    asked = wanted(program, sender, key="form 1")
    one = refer(asked, today=TODAY, now=NOON)
    assert (one.state, one.flags, one.protected_until) == ("received", [], date(2026, 11, 16))
    assert refer(asked, today=TODAY, now=NOON).pk == one.pk
    with pytest.raises(OtherReferral), transaction.atomic():
        referred(program, sender, key="form 1", customer="Another Company")
    qualified(one, manager)
    account = customer(program)
    assert advanced("2026-05-21") == (0, 0, 0)
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (1, 0, 0)
    assert advanced("2026-05-22") == (0, 0, 0)
    one.refresh_from_db()
    assert (one.state, one.referred_account, one.activity.external_id) == ("won", account, "INV-1")
    assert (held(sender.account), held(account)) == ((0, 500), (0, 200))
    fact = Activity.objects.get(source="system:referrals")
    assert (fact.account_id, fact.kind) == (sender.account_id, "referral")
    assert one.held_until == at("2026-06-22 00:00")
    activate_due(upto=one.held_until, actor="system")
    assert (held(sender.account), held(account)) == ((500, 0), (200, 0))
    accepted(
        taken_back(account, "900.00", at("2026-06-23"), of="INV-1", document="G-1"),
        as_of=at("2026-06-23"),
    )
    assert advanced("2026-06-23") == (0, 0, 0)  # the window is over
    with pytest.raises(NotNow, match="days"), transaction.atomic():
        deciding.take_back(one.pk, by=manager.actor, reason="Returned", now=at("2026-06-23"))
    assert wrong(in_tenant) == set()


def test_a_purchase_of_the_day_of_the_referral_wins_it_where_only_its_day_is_known(
    in_tenant, program, sender, manager
):
    """It was referred at noon. A purchase without a time is dated at the midnight before: that
    somebody had bought before, it does not say; one of the morning does, and one of the day
    before."""
    companies = {
        "nordstern.de": "2026-05-20 00:00",
        "ostwind.de": "2026-05-20 09:00",
        "westfeld.de": "2026-05-19 00:00",
    }
    found = []
    for number, (domain, bought_at) in enumerate(companies.items()):
        name = domain.removesuffix(".de").title()
        said = {"customer": f"{name} AG", "website": domain, "contact_email": f"a@{domain}"}
        found.append(qualified(referred(program, sender, **said), manager))
        account = customer(program, f"N-{number}", name=f"{name} AG", domain=domain)
        bought(account, "900.00", bought_at, f"INV-{number}")
        bought(account, "900.00", "2026-05-21", f"INV-{number}-2")
    assert advanced("2026-05-21") == (1, 0, 0)
    for each in found:
        each.refresh_from_db()
    assert [each.state for each in found] == ["won", "qualified", "qualified"]
    assert found[0].activity.external_id == "INV-0"
    for number in (1, 2):
        account = Account.objects.get(number=f"N-{number}")
        about = {"activity": None, "by": manager.actor, "zone": ZONE, "now": at("2026-05-21")}
        with pytest.raises(NotNow, match="has bought before"), transaction.atomic():
            deciding.win(found[number].pk, account=account, **about)
    assert wrong(in_tenant) == set()


def test_what_cannot_be_won_ends_with_its_reason_and_can_be_won_once_that_is_mended(
    in_tenant, program, sender, manager
):
    one = qualified(referred(program, sender), manager)
    Referral.objects.filter(pk=one.pk).update(site="nord_tern.de", mail_site="")
    other = enrolled_account(program, number="N-0", domain="shop.nordstern.de")
    bought(other, "900.00", "2026-05-21", "INV-0")
    assert advanced("2026-05-21") == (0, 0, 0)  # nobody's site, but for what LIKE makes of it
    Referral.objects.filter(pk=one.pk).update(site="nordstern.example")

    account = AccountFactory(number="N-1", name="Nordstern", domain="shop.nordstern.example")
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (0, 0, 0)
    one.refresh_from_db()
    assert (one.state, one.reason, one.decided_by) == ("rejected", "not_enrolled", "system")
    assert (held(sender.account), held(account)) == ((0, 0), (0, 0))
    assert advanced("2026-05-23") == (0, 0, 0)
    assert Event.objects.filter(subject=f"referral:{one.pk}").count() == 3  # and not tried again
    enroll(
        program=program,
        account_ids=[account.pk],
        enrolled_at=NOON,
        recorded_at=NOON,
        actor="system",
    )
    qualified(one, manager)
    assert advanced("2026-05-24") == (1, 0, 0)
    assert (held(sender.account), held(account)) == ((0, 500), (0, 200))
    assert wrong(in_tenant) == set()


def test_money_waits_while_payouts_are_stopped_and_points_do_not(
    in_tenant, program, sender, manager
):
    ProductFactory(sku="SKU-X")
    money, points = spiff(program), spiff(program, name="P", unit="points", items={"SKU-X": 100})
    claims = [claimed(one, sender) for one in (money, points)]
    one = qualified(referred(program, sender), manager)
    referral_terms(program, unit="money")
    two = qualified(referred(program, sender, **OSTWIND), manager)
    follow_check([{"claim": "One", "number": 1, "rows": 1, "sample": []}], at=NOON)
    for name, domain in (("N-1", "nordstern.de"), ("O-1", "ostwind.de")):
        bought(customer(program, name, domain=domain), "900.00", "2026-05-22", f"INV-{name}")
    assert advanced("2026-05-22") == (1, 0, 0)
    with pytest.raises(spiffs_deciding.NotNow, match="Payouts are stopped"), transaction.atomic():
        spiffs_deciding.approve(claims[0].pk, by=manager.actor, now=NOON)
    spiffs_deciding.approve(claims[1].pk, by=manager.actor, now=NOON)
    assert [Referral.objects.get(pk=each.pk).state for each in (one, two)] == ["won", "qualified"]
    assert not Wallet.objects.filter(unit="money", available__gt=0).exists()

    follow_check([], at=NOON)
    assert advanced("2026-05-23") == (1, 0, 0)
    spiffs_deciding.approve(claims[0].pk, by=manager.actor, now=NOON)
    sums = Wallet.objects.filter(unit="money").order_by("-available", "-pending")
    assert list(sums.values_list("available", "pending")) == [(50_00, 0), (0, 500), (0, 200)]
    assert wrong(in_tenant) == set()


def test_a_return_within_the_window_takes_both_back(in_tenant, program, sender, manager):
    one = qualified(referred(program, sender), manager)
    account = customer(program)
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (1, 0, 0)
    back = {"of": "INV-1", "document": "G-1\N{ZERO WIDTH SPACE}"}
    accepted(taken_back(account, "900.00", at("2026-05-25"), **back), as_of=at("2026-05-25"))
    assert advanced("2026-05-25") == (0, 1, 0)
    assert advanced("2026-05-25") == (0, 0, 0)
    one.refresh_from_db()
    assert (one.state, one.reason) == ("returned", "G-1\N{REPLACEMENT CHARACTER}")
    assert (held(sender.account), held(account)) == ((0, 0), (0, 0))
    kinds = Event.objects.filter(subject=f"referral:{one.pk}").order_by("id")
    assert [kind.removeprefix("referral.") for kind in kinds.values_list("kind", flat=True)] == [
        "received", "qualified", "won", "returned",
    ]  # fmt: skip
    assert wrong(in_tenant) == set()


def test_one_that_cannot_be_taken_back_holds_up_no_other(program, sender, manager):
    """Nor the end of those whose protection is over."""
    over = referred(program, sender, **OSTWIND)
    Referral.objects.filter(pk=over.pk).update(protected_until=TODAY)
    westfeld = {"customer": "Westfeld KG", "website": "westfeld.de", "contact_email": "w@w.de"}
    ones = [qualified(referred(program, sender, **said), manager) for said in ({}, westfeld)]
    for number, domain in (("N-1", "nordstern.de"), ("W-1", "westfeld.de")):
        account = customer(program, number, domain=domain)
        bought(account, "900.00", "2026-05-22", f"INV-{number}")
    assert advanced("2026-05-20") == (2, 0, 0)
    for number in ("N-1", "W-1"):
        back = {"of": f"INV-{number}", "document": f"G-{number}"}
        account = Account.objects.get(number=number)
        accepted(taken_back(account, "900.00", at("2026-05-25"), **back), as_of=at("2026-05-25"))
    ones[0].refresh_from_db()
    about = {"reason": "By mistake", "identity": over.pk, "actor": manager.actor, "now": NOON}
    awarding.take_back(ones[0].referrer_award_id, amount=500, **about)
    with pytest.raises(awarding.CannotAward):
        advanced("2026-05-25")
    states = [Referral.objects.get(pk=each.pk).state for each in (*ones, over)]
    assert states == ["won", "returned", "expired"]
    assert held(sender.account) == (0, 0)


def test_a_return_on_the_last_day_is_found_when_the_clock_comes_by(program, sender, manager):
    one = qualified(referred(program, sender), manager)
    account = customer(program)
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (1, 0, 0)
    late = at("2026-06-21 22:00")
    accepted(taken_back(account, "900.00", late, of="INV-1", document="G-1"), as_of=late)
    activate_due(upto=at("2026-06-22 00:00"), actor="system")
    assert (held(sender.account), held(account)) == ((500, 0), (200, 0))
    assert advanced("2026-06-22") == (0, 1, 0)
    one.refresh_from_db()
    assert (one.state, held(sender.account), held(account)) == ("returned", (0, 0), (0, 0))


def test_oneself_ones_family_and_ones_own_people_are_no_referrals(
    in_tenant, program, sender, manager
):
    AccountFactory(number="R-1-1", name="Quay Systems", parent=sender.account, domain="quay.com")
    for said, code in (
        ({"contact_email": "sal@harbor-it.com"}, "self_person"),
        ({"contact_email": "somebody@mail.harbor-it.com"}, "self_domain"),
        ({"website": "shop.quay.com"}, "self_domain"),
        ({"customer": "HARBOR I.T. Inc.", "website": ""}, "self"),
        ({"customer": "Quay Systems LLC", "website": ""}, "self"),
    ):
        one = referred(program, sender, **({"contact_email": "x@example.com"} | said))
        assert (one.state, one.decided_by, one.reason) == ("rejected", "system", code), said
    # people of anybody's mail provider are no family of each other
    MemberFactory(account=sender.account, user=UserFactory(email="sal@gmail.com"))
    free = referred(program, sender, website="", contact_email="nora@gmail.com")
    assert (free.state, free.flags) == ("received", [])
    for said in ({"consented": False}, {"customer": "\x00"}, {"website": "no host"},
                 {"contact_email": "nobody"}, {"note": "x" * 301}):  # fmt: skip
        with pytest.raises(CannotRefer), transaction.atomic():
            referred(program, sender, **said)
    assert held(sender.account) == (0, 0)


def test_who_is_known_or_was_referred_before_is_no_new_customer(
    in_tenant, program, sender, manager
):
    other = MemberFactory(account=enrolled_account(program, number="R-2", name="Bay Systems"))
    first = referred(program, sender)
    second = referred(
        program, other, customer="NORDSTERN Logistik AG", contact_email="cfo@nordstern.de"
    )
    assert (second.state, reasons(second)) == ("rejected", ["duplicate"])
    assert second.flags[0]["reference"] == first.reference
    with pytest.raises(NotNow, match="first"), transaction.atomic():
        qualified(second, manager, note="They insist")
    deciding.reject(first.pk, by=manager.actor, reason="Not interested", now=NOON)
    assert qualified(second, manager, note="The first came to nothing").state == "qualified"

    customer(program, number="N-9", name="Alpenrad AG", domain="alpenrad.ch")
    known = referred(
        program,
        sender,
        customer="Alpenrad AG",
        website="alpenrad.ch",
        contact_email="a@alpenrad.ch",
    )
    assert (known.state, known.reason) == ("rejected", "is_account")
    near = referred(program, sender, customer="Alpenrat", website="", contact_email="a@example.com")
    assert (near.state, reasons(near)) == ("received", ["is_account"])
    with pytest.raises(NotNow, match="speaks against it"), transaction.atomic():
        qualified(near, manager)
    qualified(near, manager, note="Another company", number="N-77")
    assert wrong(in_tenant) == set()


def test_a_ring_is_caught_however_long(in_tenant, program, sender, manager):
    chain = [sender]
    for number, name in (("B", "Birch Tools"), ("C", "Cedar Parts"), ("D", "Dune Metals")):
        mailbox = f"x@{name.split()[0].lower()}.org"
        said = {"customer": name, "website": "", "contact_email": mailbox}
        one = referred(program, chain[-1], **said)
        account = enrolled_account(program, number=number, name=name)
        qualified(one, manager, number=number)
        bought(account, "10.00", "2026-05-22", f"INV-{number}")
        assert advanced("2026-05-22") == (1, 0, 0)
        chain.append(MemberFactory(account=account))
    back = referred(
        program, chain[-1], customer="Harbor IT Ltd", website="", contact_email="q@example.net"
    )
    assert (back.state, back.reason) == ("rejected", "ring")
    disguised = referred(
        program, chain[-1], customer="Nothing Alike", website="", contact_email="z@example.net"
    )
    qualified(disguised, manager)
    with pytest.raises(NotNow, match="ring"), transaction.atomic():
        deciding.win(
            disguised.pk,
            account=sender.account,
            activity=None,
            by=manager.actor,
            zone=ZONE,
            now=at("2026-05-23"),
        )
    assert wrong(in_tenant) == set()


def test_who_refers_does_not_decide_and_an_old_customer_wins_nothing(
    in_tenant, program, sender, manager
):
    old = customer(program, number="N-1", name="Somebody Else", domain="")
    bought(old, "50.00", "2026-05-01", "INV-0")
    one = referred(program, sender)
    double = StaffFactory(user=sender.user)
    with pytest.raises(NotNow, match="another decides"), transaction.atomic():
        qualified(one, double)
    qualified(one, manager, number="N-1")
    bought(old, "50.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (0, 0, 0)
    about = {"activity": None, "by": manager.actor, "zone": ZONE, "now": NOON}
    with pytest.raises(NotNow, match="before it was referred"), transaction.atomic():
        deciding.win(one.pk, account=old, **about)
    fresh = customer(program, number="N-2")
    theirs = about | {"by": StaffFactory(user=MemberFactory(account=fresh).user).actor}
    with pytest.raises(NotNow, match="account that was referred"), transaction.atomic():
        deciding.win(one.pk, account=fresh, **theirs)
    assert deciding.win(one.pk, account=fresh, **about).state == "won"
    assert held(sender.account) == (0, 500)
    deciding.take_back(one.pk, by=manager.actor, reason="Never ordered", now=at("2026-05-25"))
    assert held(sender.account) == (0, 0)
    late = referred(program, sender, customer="Late & Co", website="", contact_email="l@late.org")
    assert advanced("2026-11-16") == (0, 0, 0)
    assert advanced("2026-11-17") == (0, 0, 1)
    late.refresh_from_db()
    assert late.state == "expired"
    assert wrong(in_tenant) == set()


def test_of_many_who_refer_the_same_at_once_one_is_first(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        referral_terms(program)
        people = [
            MemberFactory(
                account=enrolled_account(program, number=f"R-{one}", name=f"Dealer {one}")
            )
            for one in range(8)
        ]

    def run(who) -> str:
        try:
            with tenant_scope(tenant.id):
                return referred(program, who).state
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        states = sorted(threads.map(run, people))
    assert states == ["received", *["rejected"] * 7]


def test_terms_and_links(in_tenant, program, sender):
    for said, field in (
        ({"referrer_amount": -1}, "referrer_amount"),
        ({"referrer_amount": 0, "referred_amount": 0}, "referrer_amount"),
        ({"hold_days": 400}, "hold_days"),
        ({"consent_text": " "}, "consent_text"),
    ):
        with pytest.raises(BadTerms) as bad, transaction.atomic():
            referral_terms(program, **said)
        assert bad.value.field == field
    link = link_of(member=sender, program_id=program.pk, now=NOON)
    assert link_of(member=sender, program_id=program.pk, now=NOON).token == link.token
    assert link_by(link.token) == link
    assert link_by("guessed") is None
    referral_terms(program, is_open=False)
    assert terms_of(program.pk) is None
    assert link_by(link.token) is None
    with pytest.raises(CannotRefer, match="at the moment"), transaction.atomic():
        referred(program, sender)


def test_who_decided_may_work_for_the_partner_later_and_the_customer_become_its_own(
    in_tenant, program, sender, manager
):
    qualified(referred(program, sender), manager)
    account = customer(program)
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (1, 0, 0)
    MemberFactory(account=sender.account, user=manager.user)
    Account.objects.filter(pk=account.pk).update(parent=sender.account)
    [family] = [one for one in REFERRALS if "family" in one.claim]
    assert (wrong(in_tenant), family.stops_payouts) == ({family.claim}, False)


def test_the_books_find_damage(in_tenant, program, sender, manager):
    one = qualified(referred(program, sender), manager)
    account = customer(program)
    bought(account, "900.00", "2026-05-22", "INV-1")
    assert advanced("2026-05-22") == (1, 0, 0)
    damage = (
        "UPDATE partners_referral SET referred_award_id = NULL",
        """UPDATE partners_referral SET state = 'received', won_at = NULL,
           referrer_award_id = NULL, referred_award_id = NULL""",
        """INSERT INTO partners_referral SELECT back.* FROM partners_referral one,
           jsonb_populate_record(one, jsonb_build_object(
               'id', uuidv7(), 'request_key', 'back', 'account_id', one.referred_account_id,
               'referred_account_id', one.account_id)) back""",
        f"UPDATE accounts_account SET parent_id = '{sender.account_id}' WHERE number = 'N-1'",
        "UPDATE partners_referral SET state = 'returned'",
        f"""UPDATE accounts_staff SET user_id = '{sender.user_id}';
            UPDATE accounts_member SET created_at = '2026-05-20T12:00-04'""",
    )
    for invariant, statement in zip(REFERRALS, damage, strict=True):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            assert invariant.claim in wrong(in_tenant), statement
            transaction.set_rollback(True)
    assert wrong(in_tenant) == set()
    assert one.state == "qualified"
