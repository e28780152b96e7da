"""What partners see of what they did: what it earned, and where it earned nothing, why not."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Activity
from rewards import publishing
from tests.factories import MemberFactory, ProgramFactory, enrolled_account, publish_rule
from tests.loyalty.faces import NOW, client_of, text_of
from tests.loyalty.test_portal import home_of
from tests.rewards.stories import accepted, at, purchase, taken_back

pytestmark = pytest.mark.usefixtures("stopped_clock")

NORTH = {"field": "region", "op": "eq", "value": "North"}


@pytest.fixture
def dealer(program):
    return enrolled_account(program, name="Northwind Bikes", on=at("2026-01-01 00:00"))


@pytest.fixture
def reader(in_tenant, dealer):
    return client_of(in_tenant, MemberFactory(account=dealer).user)


def fact(
    dealer, amount: str, document: str, day: str = "2026-05-10", member: str = "", **more
) -> Activity:
    done = replace(purchase(dealer, amount, at(day), document, **more), member=member)
    accepted(done, as_of=at(day + " 20:00"))
    return Activity.objects.get(external_id=document)


def test_each_fact_with_what_it_earned(reader, dealer):
    fact(dealer, "500.00", "SO1", quantity=5)
    fact(dealer, "0.00", "TR1", day="2026-05-11", kind="training")
    back = taken_back(dealer, "100.00", at("2026-05-12"), of="SO1", document="RMA", quantity=1)
    accepted(back, as_of=at("2026-05-12 20:00"))
    url = f"{home_of(dealer)}entries/activities/"

    text = text_of(reader.get(url))

    assert "Return RMA" in text
    assert text.index("−100") < text.index("Training TR1") < text.index("+500")
    assert text.count("Why nothing?") == 1
    nothing = text_of(reader.get(f"{url}?earned=nothing"))
    assert "Training TR1" in nothing
    assert "SO1" not in nothing
    assert "RMA" not in nothing


def test_why_nothing_is_told_of_the_partners_own_program_alone(reader, program, dealer):
    publish_rule(
        program, code="bikes", kind="training",
        condition=NORTH,
    )  # fmt: skip
    secret = ProgramFactory(name="Secret Circle")
    publish_rule(secret, code="secret", kind="training")
    trained = fact(dealer, "0.00", "TR1", kind="training")

    text = text_of(reader.get(f"{home_of(dealer)}entries/activities/{trained.pk}/"))

    assert "Why nothing Bikes: asks that the region is North (it was nothing)." in text
    assert "Secret" not in text


def test_an_older_version_of_a_rule_is_no_reason_of_its_own(reader, program, dealer):
    rule = {"kind": "training", "basis": "fixed", "rate": 5}
    older = {"valid_to": at("2026-05-01 00:00")}
    publish_rule(program, code="gone", **rule, **older)
    version = publish_rule(program, code="changed", **rule, **older)
    publishing.publish_version(
        version=publishing.draft_version(
            rule=version.rule, terms=rule | {"condition": NORTH}, actor="system", now=NOW
        ),
        valid_from=None, actor="system", now=NOW,
    )  # fmt: skip
    trained = fact(dealer, "0.00", "TR1", day="2026-05-20", kind="training")
    text = text_of(reader.get(f"{home_of(dealer)}entries/activities/{trained.pk}/"))
    assert "Gone: version 1 is for Dec 31, 1999 to Apr 30, 2026." in text
    assert "Changed: asks that the region is North" in text
    assert "Changed: version" not in text


def test_a_fact_that_earned_shows_the_sentence_behind_it(reader, dealer):
    bought = fact(dealer, "500.00", "SO1")
    text = text_of(reader.get(f"{home_of(dealer)}entries/activities/{bought.pk}/"))
    assert "500 points: 1 point per $1.00 of $500.00 (order SO1 line 1)" in text
    assert "Why nothing" not in text


def test_nobody_sees_a_colleagues_own_points_or_another_accounts_facts(
    in_tenant, reader, program, dealer
):
    publish_rule(program, code="own", kind="training", basis="fixed", rate=40, beneficiary="member")
    trainee = MemberFactory(account=dealer, name="Tim Trainee")
    trained = fact(dealer, "0.00", "TR1", kind="training", member=trainee.user.email)
    url = f"{home_of(dealer)}entries/activities/"
    assert "+40" not in text_of(reader.get(url))
    assert "40 points" not in text_of(reader.get(f"{url}{trained.pk}/"))
    own = client_of(in_tenant, trainee.user)
    assert "+40" in text_of(own.get(url))
    assert "40 points" in text_of(own.get(f"{url}{trained.pk}/"))

    other = enrolled_account(program, name="Alpine")
    theirs = fact(other, "5.00", "ALPINE-1")
    assert "ALPINE-1" not in text_of(reader.get(url))
    for missing in (theirs.pk, uuid4()):
        assert reader.get(f"{url}{missing}/").status_code == 404


def test_the_list_costs_the_same_queries_for_one_fact_and_for_three(reader, dealer):
    url = f"{home_of(dealer)}entries/activities/"
    fact(dealer, "1.00", "SO1")
    reader.get(url)
    counts = []
    for documents in ((), ("SO2", "SO3")):
        for document in documents:
            fact(dealer, "2.00", document)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            reader.get(url)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_empty_list_says_what_will_be_there(reader, dealer):
    url = f"{home_of(dealer)}entries/activities/"
    assert "Nothing reported yet" in text_of(reader.get(url))
    assert "Everything earned something" in text_of(reader.get(f"{url}?earned=nothing"))
