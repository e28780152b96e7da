"""Who may refer whom: who was first, what is no new customer, who decides."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.models import Account
from accounts.tenancy import tenant_scope
from partners.referrals import deciding
from partners.referrals.books import REFERRALS
from partners.referrals.deciding import NotNow
from partners.referrals.referring import CannotRefer
from partners.referrals.terms import BadTerms, link_by, link_of, terms_of
from tests.factories import (
    AccountFactory,
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    UserFactory,
    enrolled_account,
)
from tests.partners.referral_stories import (
    NOON,
    ZONE,
    advanced,
    bought,
    customer,
    held,
    qualified,
    reasons,
    referral_terms,
    referred,
)
from tests.rewards.stories import at, each_is_found, wrong


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
    qualified(referred(program, sender), manager)
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
    each_is_found(in_tenant, REFERRALS, damage)
