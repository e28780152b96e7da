"""One queue for what waits: whose it is, in which order, and what deciding it there comes to."""

from collections import Counter
from datetime import date, timedelta

import pytest

from accounts.ids import uuid7
from accounts.models import Claim, ClaimState
from loyalty.books import verify_tenant
from loyalty.console.inbox import queue
from loyalty.console.inbox.registry import kinds_for
from partners.deals.deciding import ask_extension
from partners.directory.proposing import Saying, propose
from partners.models import (
    Deal,
    DealState,
    FundRequest,
    ProfileState,
    ProfileVersion,
    Referral,
    ReferralState,
    SpiffClaim,
    SpiffClaimState,
)
from rewards import adjusting, adjustment_drafts, claiming
from rewards.adjustment_drafts import Wanted
from rewards.models import Adjustment, AdjustmentState, CorrectionTerms, Redemption, RedemptionState
from rewards.publishing import draft_rule, set_second_pair
from rewards.voice import voice_of
from tests.factories import MemberFactory, ProductFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.partners import funded, referral_stories, spiff_stories
from tests.partners.stories import approved, deal_form, registered
from tests.rewards.shop import ask_for, offered
from tests.rewards.stories import accepted, at, purchase, wallet_of

pytestmark = pytest.mark.usefixtures("stopped_clock")

HERE = "/console/inbox/"


class Desk:
    """A dealer with something of nearly every kind that waits; who asked, and who decides."""

    def __init__(self, tenant) -> None:
        self.tenant = tenant
        self.program = running_program()
        self.dealer = enrolled_account(self.program, name="Harbor Bikes", number="H-1")
        self.kim = MemberFactory(account=self.dealer, name="Kim")
        self.manager = StaffFactory(name="Jordan", role="manager")
        self.other = StaffFactory(name="Alex", role="manager")
        CorrectionTerms.objects.create(program=self.program, approval_above=100)
        accepted(purchase(self.dealer, "900.00", at("2026-05-01"), "A"), as_of=at("2026-05-01"))
        self.claim = claiming.report(
            member=self.kim,
            document="INV-9",
            bought_on=date(2026, 5, 4),
            amount=30_00,
            note="",
            today=date(2026, 5, 5),
            now=at("2026-05-05"),
        )
        wish = offered(self.program, name="Work jacket", code="jacket")
        self.redemption = ask_for(wish, self.dealer, self.kim, now=at("2026-05-06"))
        self.adjustment = self.asked_for(200, at("2026-05-07"))
        deal_form()
        long_ago = approved(
            registered(self.dealer, today=date(2026, 3, 1), now=at("2026-03-01")),
            self.manager,
            today=date(2026, 3, 1),
            now=at("2026-03-01"),
        )
        self.extension = ask_extension(
            long_ago.pk,
            reason="Budget in fall",
            actor=self.kim.actor,
            today=date(2026, 5, 19),
            now=at("2026-05-19"),
        )

    def asked_for(self, points: int, now) -> Adjustment:
        wanted = Wanted(
            program_id=self.program.id,
            account_id=self.dealer.id,
            action="credit",
            amount=points,
            reason="Fair",
        )
        drafted = adjustment_drafts.draft(
            wanted, identity=uuid7(), actor=self.manager.actor, now=now
        )
        return adjusting.submit(adjustment_id=drafted.id, author=self.manager, now=now)

    def as_(self, person):
        return client_of(self.tenant, person.user)

    @property
    def available(self) -> int:
        return wallet_of(self.dealer, self.program).available

    def lines(self, person) -> list[tuple[str, str, str]]:
        """(kind, title, why not) as the person sees the queue."""
        decider = queue.decider_of(person, self.tenant)
        kinds = kinds_for(person.role)
        keys = list(queue.in_order(kinds, self.tenant))
        rows = queue.in_words(keys, decider=decider, voice=voice_of(self.tenant), today=NOW.date())
        assert queue.counts(kinds, self.tenant) == Counter(row.kind.code for row in rows)
        return [(row.kind.code, row.line.title, row.why_not) for row in rows]


@pytest.fixture
def desk(in_tenant) -> Desk:
    return Desk(in_tenant)


OWN = "It is yours, or of an account you belong to: somebody else decides it."


def test_what_has_a_day_comes_first_then_what_waits_longest_and_ones_own_is_for_others(desk):
    assert desk.lines(desk.manager) == [
        ("extension", "Nordstern Logistik GmbH", ""),
        ("claim", "INV-9", ""),
        ("redemption", "Work jacket", ""),
        ("adjustment", "Add 200 points", OWN),
    ]
    # who works at the account as well decides nothing of it, whichever hand they use
    both = StaffFactory(role="manager", user=desk.kim.user)
    assert {why for kind, _, why in desk.lines(both) if kind != "adjustment"} == {OWN}
    assert desk.lines(StaffFactory(role="finance")) == [("adjustment", "Add 200 points", "")]
    analyst = StaffFactory(role="analyst")
    assert {why for *_, why in desk.lines(analyst)} == {"Your role does not decide this."}

    set_second_pair(needed=True, actor="system", now=NOW)
    desk.tenant.refresh_from_db()
    draft_rule(
        program=desk.program,
        code="spring",
        name="Spring",
        exclusive_group="",
        terms={"kind": "purchase", "basis": "fixed", "rate": 1},
        actor=desk.manager.actor,
        now=NOW,
    )
    assert ("rule", "Spring", OWN) in desk.lines(desk.manager)
    assert ("rule", "Spring", "") in desk.lines(desk.other)


def test_many_are_decided_at_once_each_with_its_result(desk):
    client = desk.as_(desk.other)
    picks = [
        f"claim:{desk.claim.pk}",
        f"redemption:{desk.redemption.pk}",
        f"adjustment:{desk.adjustment.pk}",
        f"extension:{desk.extension.pk}",
    ]
    assert desk.available == 800  # a hundred are set aside
    said = {"pick": picks, "decision": "approve", "at": "2"}
    answer = client.post(f"{HERE}?kind=claim", said)
    assert answer["Location"] == f"{HERE}?kind=claim#row-2"
    assert "4 are approved:" in text_of(client.get("/console/"))
    assert desk.available == 800 + 30 + 200
    assert Redemption.objects.get().state == RedemptionState.APPROVED
    assert Deal.objects.get().extensions == 1

    again = client.post(HERE, said)  # somebody else was faster: nothing moves a second time
    assert again.status_code == 422
    assert "4 of them were left as before: it was decided meanwhile." in text_of(again)
    assert desk.available == 1030
    assert [found for found in verify_tenant() if found.violations] == []


def test_what_is_refused_says_why_and_keeps_what_was_typed(desk):
    own = desk.as_(desk.manager)
    keys = {"adjustment": desk.adjustment.pk, "claim": desk.claim.pk}
    picks = [f"{code}:{pk}" for code, pk in keys.items()]
    one = own.post(HERE, {"pick": picks[:1], "decision": "approve", "note": "Please"})
    assert one.status_code == 422
    assert f"Add 200 points, Harbor Bikes was left as before: {OWN}" in text_of(one)
    assert 'value="Please"' in one.content.decode()
    assert Adjustment.objects.get().state == AdjustmentState.PENDING

    untold = own.post(HERE, {"pick": picks[1:], "decision": "reject", "note": " "})
    assert "say why: it is told to who asked." in text_of(untold)
    assert Claim.objects.get().state == ClaimState.OPEN
    both = own.post(
        HERE, {"pick": picks, "decision": "reject", "note": "No \x00proof"}, follow=True
    )
    assert "INV-9, Harbor Bikes is rejected." in text_of(both)
    assert f"Add 200 points, Harbor Bikes was left as before: {OWN}" in text_of(both)
    assert Claim.objects.get().reason == "No proof"
    for wrong in ("", "nobody:1", "claim:1", f"payments:{desk.claim.pk}"):
        answer = own.post(HERE, {"pick": [wrong], "decision": "approve"}, follow=True)
        assert "Pick at least one row first." in text_of(answer)
    assert own.post(HERE, {"pick": picks, "decision": "steal"}).status_code == 404
    assert own.get(f"{HERE}?kind=payments").status_code == 404  # not a manager's
    assert own.get(f"{HERE}?open=claim:{uuid7()}").status_code == 200
    finance = desk.as_(StaffFactory(role="finance"))
    finance.post(HERE, {"pick": [f"redemption:{desk.redemption.pk}"], "decision": "approve"})
    assert Redemption.objects.get().state == RedemptionState.REQUESTED
    assert desk.as_(StaffFactory(role="rep")).get(HERE).status_code == 403


def test_a_deal_is_looked_at_and_decided_from_the_queue(desk, django_assert_num_queries):
    deal = registered(desk.dealer, customer="Alpenglanz AG", website="", now=NOW)
    client = desk.as_(desk.other)
    looked = text_of(client.get(f"{HERE}?kind=deal&open=deal:{deal.pk}"))
    assert "Expected to close Sep 30, 2026" in looked
    assert "The customer is theirs from today on, for the days of the form." in looked
    one = {"pick": [f"deal:{deal.pk}"], "decision": "approve", "note": ""}
    with django_assert_num_queries(16):
        client.get(f"{HERE}?kind=deal")
    for count in range(3):
        registered(desk.dealer, customer=f"Other {count}", website="", now=NOW)
    with django_assert_num_queries(16):
        assert "Deals (4)" in text_of(client.get(f"{HERE}?kind=deal"))
    client.post(HERE, one)
    assert Deal.objects.get(pk=deal.pk).state == DealState.APPROVED
    home = client.get("/console/").content.decode()
    assert f'href="{HERE}?kind=deal"' in home
    assert f'href="{HERE}?kind=redemption"' in home


def test_what_is_late_says_so(desk):
    later = NOW + timedelta(days=30)
    rows = queue.in_words(
        list(queue.in_order(kinds_for("manager"), desk.tenant)),
        decider=queue.decider_of(desk.other, desk.tenant),
        voice=voice_of(desk.tenant),
        today=later.date(),
    )
    assert [(row.kind.code, row.due, row.is_late) for row in rows][:2] == [
        ("extension", date(2026, 5, 29), True),
        ("claim", None, False),
    ]


class Partners:
    """Of each partner program something that waits, all asked for by Kim of the dealer."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.kim = desk, desk.kim
        self.budget = funded.budget_of(desk.program, desk.manager)
        self.activity = funded.activity_of()
        [self.fund] = funded.granted(
            self.budget, {desk.dealer: 60_000}, desk.other, now=at("2026-04-01")
        )
        in_april = {"today": date(2026, 4, 20), "now": at("2026-04-20")}
        booth = self.asked_for(
            "Fair booth",
            total_cost=40_000,
            asked=20_000,
            starts_on=date(2026, 5, 1),
            ends_on=date(2026, 5, 2),
            **in_april,
        )
        funded.approved(booth, desk.manager, amount=20_000, **in_april)
        funded.claimed(booth, cost=30_000, actor=self.kim.actor, today=date(2026, 5, 18))
        ProductFactory(sku="SKU-X", name="Router X")
        self.push = spiff_stories.spiff(desk.program)
        referral_stories.referral_terms(desk.program)
        self.come("Summer roadshow", customer="Nordstern Logistik GmbH", document="R-1")
        said = Saying(name="Harbor Bikes", text="Bikes since 1990")
        propose(desk.dealer, said, logo=None, actor=self.kim.actor, now=NOW)

    def asked_for(self, title: str, **said) -> FundRequest:
        whose = (self.desk.dealer, self.budget, self.activity)
        return funded.asked(*whose, title=title, actor=self.kim.actor, **said)

    def come(self, title: str, *, customer: str, document: str) -> None:
        self.asked_for(title)
        spiff_stories.claimed(self.push, self.kim, document=document)
        site = f"www.{document.lower()}.de"
        about = {"website": site, "contact_email": f"nora@{site}"}
        referral_stories.referred(self.desk.program, self.kim, customer=customer, **about)

    def lines(self, person) -> list[tuple[str, str, str]]:
        mine = ("fund", "spiff", "referral", "directory")
        return [line for line in self.desk.lines(person) if line[0].startswith(mine)]

    def picks(self) -> list[str]:
        rows = queue.in_order(kinds_for("manager"), self.desk.tenant)
        keys = [f"{code}:{pk}" for code, pk, *_when in rows]
        return [key for key in keys if key.startswith(("fund", "spiff", "referral", "directory"))]


def test_partner_programs_are_decided_from_the_queue(desk, django_assert_num_queries):
    partners = Partners(desk)
    client = desk.as_(desk.other)
    waiting = [
        ("fund_request", "Summer roadshow"),
        ("referral", "Nordstern Logistik GmbH"),
        ("fund_claim", "Fair booth"),
        ("spiff", "2 × Router X"),
        ("directory", "Harbor Bikes"),
    ]
    assert partners.lines(desk.other) == [(*line, "") for line in waiting]
    home = client.get("/console/").content.decode()
    for code, _title in waiting:
        assert f'href="{HERE}?kind={code}"' in home
    with django_assert_num_queries(24):
        looked = text_of(client.get(HERE))
    assert "$400.00 of $800.00" in looked
    assert "$150.00 of a cost of $300.00" in looked
    assert "$50.00 · Kim · No fact of the account has this number and product" in looked
    first = partners.picks()

    # whoever works at the account as well decides nothing of it, and nothing moves
    both = StaffFactory(role="manager", user=desk.kim.user)
    assert partners.lines(both) == [(*line, OWN) for line in waiting]
    own = desk.as_(both).post(HERE, {"pick": first, "decision": "approve"})
    assert own.status_code == 422
    said = text_of(own)
    assert "5 were left as before (" in said
    assert said.count(f"): {OWN}") == 1
    assert partners.lines(desk.other) == [(*line, "") for line in waiting]
    assert funded.sums_of(partners.fund) == {"granted": 60_000, "committed": 20_000}

    partners.come("Winter sale", customer="Alpenglanz AG", document="Q-2")
    with django_assert_num_queries(24):
        client.get(HERE)
    said = client.post(HERE, {"pick": first, "decision": "approve"}, follow=True)
    assert "5 are approved:" in text_of(said)
    # the roadshow's half of its cost, and of the booth what its invoices prove
    assert funded.sums_of(partners.fund) == {"granted": 60_000, "committed": 40_000 + 15_000}
    assert SpiffClaim.objects.get(document="R-1").award.amount == 50_00
    assert ProfileVersion.objects.get().state == ProfileState.APPROVED
    assert Referral.objects.get(customer="Nordstern Logistik GmbH").state == ReferralState.QUALIFIED

    others = partners.picks()
    assert [key.partition(":")[0] for key in others] == ["fund_request", "referral", "spiff"]
    short = client.post(HERE, {"pick": others[:1], "decision": "approve"})
    assert "The fund has less left than that. Nothing was committed." in text_of(short)
    client.post(HERE, {"pick": others, "decision": "reject", "note": "Not in this quarter"})
    assert partners.lines(desk.other) == []
    assert FundRequest.objects.get(title="Winter sale").note == "Not in this quarter"
    assert SpiffClaim.objects.get(document="Q-2").state == SpiffClaimState.REJECTED
    # what was accepted is paid on its own page, by others
    assert partners.lines(StaffFactory(role="finance")) == [("fund_payment", "Fair booth", "")]
    assert [found for found in verify_tenant() if found.violations] == []
