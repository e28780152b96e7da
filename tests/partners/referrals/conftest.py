"""Whom the stories of referrals are told of: a program with terms, who refers, who decides."""

import pytest

from tests.factories import (
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    UserFactory,
    enrolled_account,
)
from tests.partners.referral_stories import referral_terms


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
