"""Support: as much as the tier gives in a quarter, counted exactly; looked after to its result."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction

from accounts.ids import uuid7
from accounts.models import Event
from accounts.tenancy import tenant_scope
from loyalty.books import verify_tenant
from partners.models import SupportRequest, SupportState, SupportType
from partners.support import caring
from partners.support.asking import CannotAsk, OtherRequest, Wish, ask_support
from partners.support.caring import NotNow
from partners.support.entitlement import allowances
from partners.support.types import BadType, Terms, add_type
from tests.factories import (
    LONG_AGO,
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    enrolled_account,
)
from tests.partners.stories import NOON, ZONE, deal_form, registered
from tests.rewards.stories import at
from tiers.publishing import draft_scheme, put_in_force

QUARTER = date(2026, 4, 1)


def offered(code: str = "demo-unit", **terms) -> SupportType:
    values = {"name": code.replace("-", " ").title()} | terms
    return add_type(code=code, terms=Terms(**values), actor="system", now=NOON)


def dealer_at(entitlements: dict, number: str = "D-1"):
    """A dealer whose only tier gives that."""
    program = ProgramFactory()
    silver = {"code": "silver", "name": "Silver", "multiplier": "1", "criteria": {}}
    about = {"actor": "system", "now": LONG_AGO}
    drafted = draft_scheme(
        program=program,
        code="tiers",
        name="Tiers",
        terms={"rungs": [silver | {"benefits": {"entitlements": entitlements}}]},
        **about,
    )
    put_in_force(drafted, starts=LONG_AGO, **about)
    return enrolled_account(program, number=number)


def asked(account, of: SupportType, *, now=NOON, **said) -> SupportRequest:
    values = {"subject": "A stand", "key": str(uuid7()), "actor": "key:erp"} | said
    return ask_support(Wish(type=of, account=account, **values), zone=ZONE, now=now)


def test_a_tier_gives_so_many_in_a_quarter_and_why_not_is_said(in_tenant):
    account = dealer_at({"demo-unit": 2, "expert": True, "odd": "gold"})
    units, expert = offered(), offered("expert")
    odd, free = offered("odd"), offered("free", each_quarter=1)
    first = asked(account, units, key="1", actor="key:1")
    assert asked(account, units, key="1", actor="key:1") == first  # the same again
    with pytest.raises(OtherRequest):
        asked(account, units, key="1", actor="key:1", subject="Another")
    second = asked(account, units)
    with pytest.raises(CannotAsk, match="ask for 2 in a quarter, and have; again from Jul 1, 2026"):
        asked(account, units)
    caring.withdraw(second.pk, actor="member:1", now=NOON)  # counts no more
    asked(account, units)
    for _again in range(3):
        asked(account, expert)
    with pytest.raises(CannotAsk, match="does not belong to the tier Silver"):
        asked(account, odd)
    asked(account, free)
    with pytest.raises(CannotAsk, match="ask for 1 in a quarter"):
        asked(account, free)
    told = allowances(account.pk, [units, expert, odd, free], quarter=QUARTER, now=NOON)
    assert [(one.allowed, one.used, one.left) for one in told] == [
        (2, 2, 0), (None, 3, None), (0, 0, 0), (1, 1, 0),
    ]  # fmt: skip
    asked(account, units, now=at("2026-07-01 00:00"))  # the next quarter, in New York
    without = enrolled_account(ProgramFactory(slug="other"), number="D-2")
    with pytest.raises(CannotAsk, match="belongs to higher tiers"):
        asked(without, units)
    for wrong in ({"subject": " "}, {"text": "x" * 2001}, {"wanted_on": date(2026, 5, 19)},
                  {"wanted_on": date(9999, 12, 31)}):  # fmt: skip
        with pytest.raises(CannotAsk):
            asked(account, expert, **wrong)
    deal_form()
    deal = registered(without)
    with pytest.raises(CannotAsk, match="open deal of yours"):
        asked(account, expert, deal=deal)
    with pytest.raises(BadType, match="code is taken"):
        offered()
    assert SupportRequest.objects.count() == 8
    assert [found for found in verify_tenant() if found.violations] == []
    SupportRequest.objects.filter(state="withdrawn").update(state="asked", decided_at=None)
    damaged = [found.invariant.claim for found in verify_tenant() if found.violations]
    assert damaged == ["nobody was given more support in a quarter than they might ask for"]


def test_of_many_at_once_exactly_so_many_are_taken(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.pk), transaction.atomic():
        account, units = dealer_at({"demo-unit": 3}), offered()

    def once(_number: int) -> str:
        try:
            with tenant_scope(tenant.pk), transaction.atomic():
                asked(account, units)
        except CannotAsk:
            return "refused"
        finally:
            connection.close()
        return "taken"

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(once, range(8))) == ["refused"] * 5 + ["taken"] * 3
    with tenant_scope(tenant.pk), transaction.atomic():
        assert SupportRequest.objects.count() == 3


def test_a_request_goes_through_other_hands_to_its_result(in_tenant):
    account, units = dealer_at({"demo-unit": 9}), offered()
    kim = MemberFactory(account=account, name="Kim")
    both = StaffFactory(name="Both", user=kim.user)
    jordan, lee = StaffFactory(name="Jordan"), StaffFactory(name="Lee", role="rep")
    request = asked(account, units, member=kim, actor=kim.actor)
    about = {"now": NOON}
    with pytest.raises(NotNow, match="somebody else looks after it"):
        caring.take_on(request.pk, staff=jordan, by=both.actor, **about)
    with pytest.raises(NotNow, match="choose somebody else"):
        caring.take_on(request.pk, staff=both, by=jordan.actor, **about)
    reader = StaffFactory(role="analyst")
    with pytest.raises(NotNow, match="more than read"):
        caring.take_on(request.pk, staff=reader, by=jordan.actor, **about)
    for early in (caring.answer, caring.close):
        text = {"text": "x"} if early is caring.answer else {"result": "x"}
        with pytest.raises(NotNow, match="“Waiting” meanwhile"):
            early(request.pk, by=jordan.actor, **text, **about)
    caring.take_on(request.pk, staff=jordan, by=jordan.actor, **about)
    caring.take_on(request.pk, staff=lee, by=jordan.actor, **about)
    caring.answer(request.pk, text="It ships on Friday", by=lee.actor, **about)
    caring.add_word(request.pk, text="Thank you", actor=kim.actor, **about)
    with pytest.raises(NotNow, match="Say what came of it"):
        caring.close(request.pk, result=" ", by=lee.actor, **about)
    with pytest.raises(NotNow):
        caring.withdraw(request.pk, actor=kim.actor, **about)  # somebody has begun
    done = caring.close(request.pk, result="Shown to three customers", by=lee.actor, **about)
    assert (done.state, done.assigned, done.decided_by) == (SupportState.DONE, lee, lee.actor)
    with pytest.raises(NotNow, match="“Done” meanwhile"):
        caring.decline(request.pk, reason="No", by=jordan.actor, **about)
    kinds = Event.objects.filter(subject=f"support:{request.pk}").order_by("id")
    assert [kind.removeprefix("support.") for kind in kinds.values_list("kind", flat=True)] == [
        "asked", "taken", "taken", "answered", "added", "done",
    ]  # fmt: skip
    declined = asked(account, units)
    with pytest.raises(NotNow, match="Say why"):
        caring.decline(declined.pk, reason="", by=jordan.actor, **about)
    caring.decline(declined.pk, reason="Sold out", by=jordan.actor, **about)
    assert [found for found in verify_tenant() if found.violations] == []
    SupportRequest.objects.filter(pk=request.pk).update(assigned=both)
    damaged = [found.invariant.claim for found in verify_tenant() if found.violations]
    assert damaged == ["whoever looks after a request for support did not ask for it"]
