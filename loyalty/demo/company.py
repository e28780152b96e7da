"""The demo's company as it is before its first order: one transaction, all of it or nothing."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts import events
from accounts.enrolling import enroll
from accounts.ids import uuid7
from accounts.kinds import add_starting_kinds
from accounts.models import Account, JobRun, Product, Program, Staff, Tenant
from accounts.models.job import JobState
from accounts.periods import add_months, day_of, start_of
from accounts.tenancy import tenant_scope
from loyalty.demo import people, rules
from loyalty.demo.businesses import PARENTS, REPS, Business, businesses
from loyalty.demo.catalog import catalog
from loyalty.demo.trading import Calendar, joined_on
from rewards.correction_terms import save_terms
from rewards.models import CorrectionTerms

SLUG = "acme"
NAME = "Acme Industrial Supply"
ZONE = ZoneInfo("America/New_York")
JOB = "seed_demo"


def open_company(*, accounts: int, months: int, now: datetime) -> Tenant:
    """Make the tenant with its people, businesses, products and program.

    What is going to be made is noted in a JobRun beside it: whoever goes on with an interrupted
    demo, perhaps another day, makes the same history.
    """
    today = day_of(now, ZONE)
    with transaction.atomic():
        tenant = Tenant(
            id=uuid7(),
            slug=SLUG,
            name=NAME,
            currency="USD",
            time_zone=ZONE.key,
            brand_color="#0f4c81",
            accent_color="#c2570c",
        )
        tenant.full_clean(validate_unique=False, validate_constraints=False)
        with tenant_scope(tenant.id):
            tenant.save(force_insert=True)
            JobRun.objects.create(
                job=JOB,
                period=today.isoformat(),
                state=JobState.RUNNING,
                started_at=now,
                outcome={"accounts": accounts, "months": months},
            )
            calendar = calendar_of(today, months)
            _fill(businesses(accounts), calendar)
    return tenant


def calendar_of(today: date, months: int) -> Calendar:
    """The history that ends the day before `today` and began `months` whole months earlier."""
    first = add_months(today.replace(day=1), -months)
    return Calendar(first, date.fromordinal(today.toordinal() - 1), ZONE)


def _fill(people_at: Sequence[Business], calendar: Calendar) -> None:
    began = start_of(calendar.first, calendar.zone)
    add_starting_kinds()
    staff = people.add_staff()
    _tell_sign_up(staff["morgan"], at=began)
    Product.objects.bulk_create(
        Product(sku=item.sku, name=item.name, line=item.line) for item in catalog()
    )
    accounts = _add_accounts(people_at, staff)
    people.add_members(people_at, accounts)
    program = Program.objects.create(
        slug="rewards", name="Acme Rewards", points_name="points", points_expiry=rules.EXPIRY
    )
    months = calendar.months()
    raised = start_of(months[len(months) * 2 // 3], calendar.zone)
    manager = staff[people.MANAGER].actor
    rules.publish(program, since=began, raised=raised, by=manager)
    terms = CorrectionTerms(program=program, transfers=True, approval_above=5_000)
    save_terms(terms, actor=manager, now=began)
    for first_day in sorted({joined_on(business, calendar) for business in people_at}):
        joining = [
            accounts[business.number].id
            for business in people_at
            if business.is_enrolled and joined_on(business, calendar) == first_day
        ]
        _enroll(program, joining, at=start_of(first_day, calendar.zone), by=manager)


def _add_accounts(people_at: Sequence[Business], staff: dict[str, Staff]) -> dict[str, Account]:
    ids: dict[int, UUID] = {business.place: uuid7() for business in people_at}
    made = Account.objects.bulk_create(
        Account(
            id=ids[business.place],
            number=business.number,
            name=business.name,
            domain=business.domain,
            country="United States",
            region=business.region,
            vertical=business.vertical,
            partner_type=business.partner_type,
            parent_id=ids.get(PARENTS.get(business.place, -1)),
            rep=staff[REPS[business.region]],
            attributes={"city": business.city},
        )
        for business in people_at
    )
    return {account.number: account for account in made}


def _enroll(program: Program, account_ids: Sequence[UUID], *, at: datetime, by: str) -> None:
    enroll(program=program, account_ids=account_ids, enrolled_at=at, recorded_at=at, actor=by)


def _tell_sign_up(owner: Staff, *, at: datetime) -> None:
    events.record(
        kind="tenant.signed_up",
        occurred_at=at,
        recorded_at=at,
        actor=owner.actor,
        subject=f"tenant:{owner.tenant_id}",
        payload={"name": NAME, "slug": SLUG, "currency": "USD", "time_zone": ZONE.key},
    )
