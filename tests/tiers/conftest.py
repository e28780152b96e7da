"""What most stories of tiers begin with, and how they end."""

from collections.abc import Iterator

import pytest

from accounts.models import Program, Tenant
from loyalty.books import verify
from tests.factories import ProgramFactory, publish_rule


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    program = ProgramFactory()
    publish_rule(program)
    return program


@pytest.fixture
def books_agree(tenant: Tenant) -> Iterator[None]:
    """Whatever the story: in the end the books find nothing."""
    yield
    assert [one.invariant.claim for one in verify([tenant.id]) if one.violations] == []
