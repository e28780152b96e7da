"""What waits for somebody: counted by kind, with the way there, and gone once it is done."""

from datetime import timedelta

from accounts.models import Claim, ImportRun, JobRun, Tenant
from accounts.models.imports import ImportState
from accounts.models.job import JobState
from loyalty.console.needs import needs
from rewards.publishing import draft_rule
from rewards.replay import jobs
from rewards.voice import voice_of
from tests.factories import MemberFactory, enrolled_account
from tests.loyalty.faces import NOW, running_program
from tests.rewards.stories import accepted, at, purchase
from tiers.models import Nearness, Scheme
from tiers.queries import ladder_of

LAST_WEEK = NOW - timedelta(days=8)


def _texts(tenant: Tenant, program, role: str = "manager") -> list[str]:
    ladder = ladder_of(program_id=program.id, as_of=NOW)
    found = needs(tenant=tenant, role=role, ladder=ladder, voice=voice_of(tenant), now=NOW)
    return [need.text for need in found]


def _imported(created_at, state: str, rejected: int = 0) -> None:
    ImportRun.objects.create(
        target="accounts",
        state=state,
        file_name="dealers.csv",
        stored_as="s",
        mapping={},
        rejected=rejected,
        started_by="system",
        created_at=created_at,
    )


def test_what_went_wrong_lately_is_told_and_what_is_older_is_not(in_tenant):
    program = running_program()
    _imported(NOW, ImportState.FAILED)
    _imported(NOW, ImportState.DONE, rejected=1_200)
    _imported(NOW, ImportState.DONE)
    _imported(LAST_WEEK, ImportState.FAILED)
    for period, started_at in (("a", NOW), ("b", LAST_WEEK)):
        JobRun.objects.create(
            job=jobs.JOB, period=period, state=JobState.FAILED, started_at=started_at
        )

    assert _texts(in_tenant, program) == [
        "1 import failed",
        "1,200 rows were rejected",
        "1 replay failed",
    ]


def test_each_role_reads_what_it_can_do_something_about(in_tenant):
    program = running_program()
    dealer = enrolled_account(program)
    in_tenant.two_pairs_of_eyes = True
    in_tenant.save()
    draft_rule(
        program=program,
        code="double",
        name="Double",
        exclusive_group="",
        terms={"kind": "purchase", "basis": "per_amount", "rate": 2},
        actor="system",
        now=NOW,
    )
    Claim.objects.create(
        account=dealer,
        member=MemberFactory(account=dealer),
        document="R-1",
        bought_on=NOW.date(),
        amount=1_00,
        reported_at=NOW,
    )
    claim = "1 missing purchase waits to be looked at"
    rule = "1 draft of a rule waits to be published"
    told = [_texts(in_tenant, program, role) for role in ("manager", "finance", "analyst")]
    assert told == [[claim, rule], [], [claim]]


def test_who_was_near_and_has_risen_since_is_near_no_more(in_tenant):
    program = running_program()
    for name in ("Near", "Risen"):
        account = enrolled_account(program, name=name, on=at("2026-01-01 00:00"))
        Nearness.objects.create(
            tenant=in_tenant,
            enrollment=account.enrollments.get(),
            scheme=Scheme.objects.get(),
            period="2026-04-01",
            tier_code="silver",
            told_at=NOW,
        )
    assert _texts(in_tenant, program) == ["2 accounts are near the next tier"]

    accepted(purchase(account, "30000.00", at("2026-05-15")), as_of=at("2026-05-15 20:00"))

    assert _texts(in_tenant, program) == ["1 account is near the next tier"]
