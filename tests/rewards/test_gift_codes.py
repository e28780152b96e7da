"""Codes of gift cards: sealed, handed out once, shown once."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from accounts.models import Account, Event, Member, Program, Tenant
from accounts.sealing import CannotOpen, open_sealed
from accounts.tenancy import tenant_scope
from rewards import codes, deciding
from rewards.models import RewardCode
from rewards.redeeming import Unavailable
from tests.factories import MemberFactory, ProgramFactory
from tests.rewards.shop import (
    BOSS,
    NOW,
    ask_for,
    decide,
    offered,
    open_shop,
    wallet_of,
    with_500_points,
    with_codes,
)


@pytest.fixture
def program(tenant: Tenant) -> Iterator[Program]:
    with open_shop(tenant) as program:
        yield program


@pytest.fixture
def account(program: Program) -> Account:
    return with_500_points(program)


@pytest.fixture
def member(account: Account) -> Member:
    return MemberFactory(account=account)


def test_codes_are_sealed_handed_out_once_and_shown_once(program, account, member):
    reward = with_codes(offered(program, "gift_card"), "FIRST-CODE-0001", "SECOND-CODE-0002")
    assert not any(b"CODE" in bytes(code.sealed) for code in RewardCode.objects.all())
    redemption = ask_for(reward, account, member)
    with pytest.raises(codes.NoCodeToShow):  # not before it is approved
        codes.show_code(redemption, member=member, now=NOW)
    decide(deciding.approve, redemption)
    colleague = MemberFactory(account=account)
    with pytest.raises(codes.NoCodeToShow):
        codes.show_code(redemption, member=colleague, now=NOW)

    assert codes.show_code(redemption, member=member, now=NOW) == "FIRST-CODE-0001"
    with pytest.raises(codes.NoCodeToShow):
        codes.show_code(redemption, member=member, now=NOW)
    assert str(redemption.codes.get()) == "•••• 0001"
    assert not Event.objects.filter(payload__icontains="FIRST-CODE").exists()

    other = ask_for(reward, account, member)
    decide(deciding.approve, other)
    assert codes.show_code(other, member=member, now=NOW) == "SECOND-CODE-0002"
    with pytest.raises(Unavailable) as refused:
        ask_for(reward, account, member)
    assert [one.code for one in refused.value.hindrances] == ["stock"]


def test_a_code_nobody_saw_goes_back_and_one_that_was_seen_never_does(program, account, member):
    reward = with_codes(offered(program, "gift_card"), "FIRST-CODE-0001", "SECOND-CODE-0002")
    seen, unseen = (ask_for(reward, account, member) for _ in range(2))
    for redemption in (seen, unseen):
        decide(deciding.approve, redemption)
    codes.show_code(seen, member=member, now=NOW)
    for redemption in (seen, unseen):
        assert decide(deciding.refund, redemption) == "refunded"
    assert wallet_of(account) == (500, 0)
    assert [str(code) for code in reward.codes.filter(redemption=None)] == ["•••• 0002"]
    with pytest.raises(codes.NoCodeToShow):
        codes.show_code(unseen, member=member, now=NOW)


def test_the_same_code_is_added_once_and_wrong_lines_are_named(program):
    reward = offered(program, "gift_card")
    lines = ["AAAA-BBBB", "", "short", " AAAA-BBBB ", "CCCC-DDDD", "x" * 201]
    added = codes.add_codes(reward, lines, actor=BOSS, now=NOW)
    assert added == codes.Added(added=2, known=1, wrong=(3, 6))
    again = codes.add_codes(reward, ["CCCC-DDDD", "EEEE-FFFF"], actor=BOSS, now=NOW)
    assert again == codes.Added(added=1, known=1, wrong=())
    with pytest.raises(codes.TakesNoCodes):
        codes.add_codes(offered(program), ["AAAA-BBBB"], actor=BOSS, now=NOW)


def test_keys_rotate_and_a_code_opens_in_its_own_place_only(program, account, member):
    old, new = "o" * 40, "n" * 40
    with override_settings(SEALING_KEYS=[old]):
        reward = with_codes(offered(program, "gift_card"), "FIRST-CODE-0001", "SECOND-CODE-0002")
    with override_settings(SEALING_KEYS=[new, old]):
        assert codes.add_codes(reward, ["FIRST-CODE-0001"], actor=BOSS, now=NOW).known == 1
        assert [codes.reseal(limit=1) for _ in range(3)] == [1, 1, 0]
    with override_settings(SEALING_KEYS=[new]):
        assert codes.add_codes(reward, ["SECOND-CODE-0002"], actor=BOSS, now=NOW).known == 1
        redemption = ask_for(reward, account, member)
        decide(deciding.approve, redemption)
        first, second = reward.codes.order_by("id")
        RewardCode.objects.filter(pk=first.pk).update(sealed=second.sealed)
        with pytest.raises(CannotOpen):  # somebody moved a seal to another row
            codes.show_code(redemption, member=member, now=NOW)
        RewardCode.objects.filter(pk=first.pk).update(sealed=first.sealed)
        assert codes.show_code(redemption, member=member, now=NOW) == "FIRST-CODE-0001"
    with override_settings(SEALING_KEYS=[old]), pytest.raises(CannotOpen):
        open_sealed(first.sealed, bound_to="anywhere")


@pytest.mark.usefixtures("committed")
def test_the_command_seals_the_codes_of_all_tenants(capsys):
    from tests.factories import TenantFactory

    with override_settings(SEALING_KEYS=["o" * 40]), transaction.atomic():
        for slug in ("one", "two"):
            tenant = TenantFactory(slug=slug)
            with tenant_scope(tenant.id):
                with_codes(offered(ProgramFactory(), "gift_card"), f"CODE-OF-{slug}", "ANOTHER-1")
    with override_settings(SEALING_KEYS=["n" * 40, "o" * 40]):
        call_command("reseal_codes")
        call_command("reseal_codes")
    assert capsys.readouterr().out == "4 codes sealed anew.\n0 codes sealed anew.\n"
