"""Whom the stories of SPIFFs are told of: a program with routers, who sells them, who decides."""

import pytest

from tests.factories import (
    MemberFactory,
    ProductFactory,
    ProgramFactory,
    StaffFactory,
    enrolled_account,
)


@pytest.fixture
def program(in_tenant):
    program = ProgramFactory()
    ProductFactory(sku="SKU-X", name="Router X", line="Routers")
    ProductFactory(sku="SKU-Y", name="Router Y", line="Routers")
    ProductFactory(sku="SKU-Z", name="Cable", line="Cables")
    return program


@pytest.fixture
def seller(program):
    account = enrolled_account(program, number="R-1", name="Harbor IT")
    return MemberFactory(account=account, name="Sal Seller")


@pytest.fixture
def manager(program):
    return StaffFactory()
