"""A company on a day in May, its staff and a dealer; many modules have others of their own."""

import pytest
from django.test import Client

from accounts.models import Account, Member, Program, Staff, Tenant
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program
from tests.rewards.stories import accepted, at, purchase


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    return running_program()


@pytest.fixture
def dealer(program: Program) -> Account:
    """1,000 points."""
    dealer = enrolled_account(program, name="Northwind Bikes", on=at("2026-01-01 00:00"))
    accepted(purchase(dealer, "1000.00", at("2026-05-10"), "SO1"), as_of=at("2026-05-10 20:00"))
    return dealer


@pytest.fixture
def member(dealer: Account) -> Member:
    return MemberFactory(account=dealer, portal_role="member")


@pytest.fixture
def partner(in_tenant: Tenant, member: Member) -> Client:
    return client_of(in_tenant, member.user)


@pytest.fixture
def author(in_tenant: Tenant) -> Staff:
    return StaffFactory(name="Ann Author")


@pytest.fixture
def manager(in_tenant: Tenant, author: Staff) -> Client:
    return client_of(in_tenant, author.user)


@pytest.fixture
def colleague(in_tenant: Tenant) -> Client:
    return client_of(in_tenant, StaffFactory(name="Cole League").user)


@pytest.fixture
def analyst(in_tenant: Tenant) -> Client:
    return client_of(in_tenant, StaffFactory(role="analyst").user)
