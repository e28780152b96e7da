"""Terms are kept by each process, and read anew as soon as anything about them changes."""

import pytest

from accounts import brand
from accounts.models import ActivityKind, Program, Tenant
from rewards.models import RuleVersion
from rewards.terms import current_terms
from tests.factories import ProgramFactory, StaffFactory, publish_rule, publish_scheme
from tests.rewards.stories import at


@pytest.fixture
def program(in_tenant: Tenant) -> Program:
    program = ProgramFactory(points_expiry={"policy": "never"})
    publish_rule(program)
    return program


def test_terms_are_read_once(program: Program, django_assert_num_queries):
    first = current_terms()
    with django_assert_num_queries(1):  # the stamp
        assert current_terms() is first


def test_a_new_rule_counts_at_once(program: Program):
    current_terms()
    publish_rule(program, code="training", kind="training", basis="fixed")
    assert [rule.code for rule in current_terms().rules[program.pk, "training"]] == ["training"]


def test_an_ended_rule_counts_at_once(program: Program):
    current_terms()
    version = RuleVersion.objects.get()
    version.valid_to = at("2026-01-01")
    version.save(update_fields=["valid_to"])
    (rule,) = current_terms().rules[program.pk, "purchase"]
    assert rule.valid_to == at("2026-01-01")


def test_a_new_kind_a_new_ladder_and_another_expiry_count_at_once(program: Program):
    assert current_terms().ladders == ()
    ActivityKind.objects.create(code="renewal", name="Renewal")
    assert "renewal" in current_terms().kinds
    publish_scheme(program, ("Bronze", 0, "1"), keep_quarters=2)
    assert [ladder.kept_periods for ladder in current_terms().ladders] == [2]
    program.points_expiry = {"policy": "months", "months": 12}
    program.save(update_fields=["points_expiry"])
    assert current_terms().expiry[program.pk] == {"policy": "months", "months": 12}


def test_another_currency_and_time_zone_count_at_once(in_tenant: Tenant, program: Program):
    assert (current_terms().places, current_terms().zone.key) == (2, "America/New_York")
    brand.change_basis(
        tenant=in_tenant,
        currency="JPY",
        time_zone="Asia/Tokyo",
        fiscal_year_starts=3,
        actor=StaffFactory(role="owner"),
        now=at("2026-01-01"),
    )
    assert (current_terms().places, current_terms().zone.key) == (0, "Asia/Tokyo")
