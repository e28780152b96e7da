"""Limits of adjustments by role: set by owners and finance, seen and remembered."""

import pytest

from accounts.models import Event
from rewards.correction_terms import limit_for, limits_of
from rewards.models import AdjustmentLimit, CorrectionTerms
from tests.factories import ProgramFactory, StaffFactory
from tests.loyalty.faces import client_of, text_of

URL = "/console/adjustments/limits/"


@pytest.fixture
def program(in_tenant):
    program = ProgramFactory()
    CorrectionTerms.objects.create(program=program, approval_above=1_000)
    return program


def as_(tenant, role: str):
    return client_of(tenant, StaffFactory(role=role, name=role.title()).user)


def test_finance_sets_limits_and_the_history_says_who_when(in_tenant, program):
    finance = as_(in_tenant, "finance")
    first = finance.post(URL, {"role_manager": "200", "role_key": "0"}, follow=True)
    assert "The limits are saved." in text_of(first)
    assert limits_of(program.pk) == {"manager": 200, "key": 0}
    assert limit_for(program_id=program.pk, role="owner") == 1_000
    assert limit_for(program_id=program.pk, role="key") == 0

    as_(in_tenant, "owner").post(URL, {"role_manager": "", "role_key": "0", "role_finance": "70"})

    assert limits_of(program.pk) == {"finance": 70, "key": 0}
    assert AdjustmentLimit.objects.count() == 4  # nothing of a tenant's is deleted
    text = text_of(finance.get(URL))
    assert "Program manager: 200 → as the program says Finance: as the program says → 70" in text
    assert "by Owner" in text
    assert "by Finance" in text
    told = Event.objects.filter(kind="program.limits_changed").order_by("id")
    assert [event.payload for event in told] == [
        {"before": {}, "after": {"key": 0, "manager": 200}},
        {"before": {"key": 0, "manager": 200}, "after": {"finance": 70, "key": 0}},
    ]


def test_what_was_not_changed_is_no_event(in_tenant, program):
    owner = as_(in_tenant, "owner")
    assert "as they were" in text_of(owner.post(URL, {"role_owner": ""}, follow=True))
    assert not Event.objects.filter(kind="program.limits_changed").exists()


def test_what_makes_no_sense_is_refused_and_kept(in_tenant, program):
    answer = as_(in_tenant, "owner").post(URL, {"role_manager": "-5", "role_owner": "7"})
    assert answer.status_code == 422
    assert 'value="-5"' in answer.content.decode()
    assert 'value="7"' in answer.content.decode()
    assert limits_of(program.pk) == {}


@pytest.mark.parametrize("role", ["manager", "analyst"])
def test_others_see_them_and_set_nothing(in_tenant, program, role):
    AdjustmentLimit.objects.create(program=program, role="manager", amount=200)
    reader = as_(in_tenant, role)
    text = text_of(reader.get(URL))
    assert "Program manager 200 points All others 1,000 points" in text
    assert reader.post(URL, {"role_manager": "9"}).status_code == 403
    assert limits_of(program.pk) == {"manager": 200}
