"""Three years of 701 real resellers, imported as history, against books worked out a second time.

Three programs take part at once: one laddered by all revenue of a quarter, one by its best product
line, one by the revenue of twelve rolling months; every account is in all of them. Each figure of
the product is compared with `recompute`.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Account, Enrollment, Product, Program, Segment, Tenant
from accounts.periods import start_of
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rebates import accruing, clock
from tests.adventureworks.recompute import Books, Step, quarter_of, recompute
from tests.conftest import empty_every_table
from tests.factories import ProgramFactory, TenantFactory, publish_rule, publish_scheme
from tests.rebates.deals import agreed
from tests.tiers import climbing

MAPPINGS = Path(__file__).parent
BESIDE_THE_PROJECT = MAPPINGS.parents[2] / "shared" / "data" / "adventureworks"
DATA = Path(os.environ.get("ADVENTUREWORKS") or BESIDE_THE_PROJECT)
ZONE = ZoneInfo("America/Los_Angeles")
OPENING, UNTIL = date(2017, 7, 1), date(2020, 5, 31)
LADDERS = {
    "total": [
        Step(0),
        Step(10_000_00, "1.25"),
        Step(30_000_00, "1.5"),
        Step(60_000_00, "2"),
    ],
    "best_line": [
        Step(0),
        Step(5_000_00, "1.1"),
        Step(25_000_00, "1.333"),
        Step(50_000_00, "1.75"),
    ],
    "rolling": [
        Step(0),
        Step(40_000_00, "1.2"),
        Step(120_000_00, "1.45"),
        Step(240_000_00, "1.9"),
    ],
}

if not DATA.exists():
    pytest.skip(f"no files in {DATA}; name their folder in ADVENTUREWORKS", allow_module_level=True)

pytestmark = pytest.mark.adventureworks


@dataclass(slots=True)
class Imported:
    tenant: Tenant
    said: list[str]  # what each import reported


def import_everything() -> list[str]:
    said = []
    for command, file, options in (
        ("import_products", "Product", {}),
        ("import_accounts", "Resellers", {"enroll": "total", "enrolled_on": f"{OPENING}"}),
        ("import_accounts", "Resellers", {"enroll": "best_line", "enrolled_on": f"{OPENING}"}),
        ("import_accounts", "Resellers", {"enroll": "rolling", "enrolled_on": f"{OPENING}"}),
        ("import_activities", "FactResellerSales", {"history": True, "until": f"{UNTIL}"}),
    ):
        out = StringIO()
        call_command(
            command,
            str(DATA / f"{file}.csv"),
            tenant="cycles",
            mapping=str(MAPPINGS / f"{command.removeprefix('import_')}.toml"),
            stdout=out,
            stderr=StringIO(),
            **options,
        )
        said.append(out.getvalue().splitlines()[0])
    return said


def publish_rolling(program: Program, *tiers: tuple[str, int, str]) -> None:
    """By the revenue of twelve rolling months; kept as long as they suffice."""
    rolling = {"window": {"window": "rolling", "months": 12}}
    rungs = [
        climbing.rung(
            name,
            {"measure": "revenue", "op": "gte", "threshold": threshold, **rolling}
            if threshold
            else {},
            code=f"tier-{rank}",
            multiplier=multiplier,
        )
        for rank, (name, threshold, multiplier) in enumerate(tiers)
    ]
    climbing.published(program, *rungs, kept_periods=0)


@pytest.fixture(scope="module")
def imported(django_db_setup, django_db_blocker) -> Iterator[Imported]:
    """The whole import, committed, for all tests of this module."""
    with django_db_blocker.unblock():
        try:
            with transaction.atomic():
                tenant = TenantFactory(slug="cycles", time_zone=ZONE.key)
            with tenant_scope(tenant.id), transaction.atomic():
                for span, steps in LADDERS.items():
                    program = ProgramFactory(
                        slug=span, points_expiry={"policy": "quarter_end", "plus": 1}
                    )
                    publish_rule(program)
                    tiers = [
                        (f"Tier {rank}", step.threshold, step.multiplier)
                        for rank, step in enumerate(steps)
                    ]
                    if span == "rolling":
                        publish_rolling(program, *tiers)
                    else:
                        publish_scheme(program, *tiers, span=span, keep_quarters=1)
            yield Imported(tenant, import_everything())
        finally:
            connection.close()
            empty_every_table()


@pytest.fixture(scope="module", params=LADDERS)
def span(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def books(span: str) -> Books:
    return recompute(
        DATA, steps=LADDERS[span], span=span, enrolled_on=OPENING, until=UNTIL, keep_quarters=1
    )


@pytest.fixture
def ask(imported: Imported, django_db_blocker) -> Iterator[Callable[..., list[tuple]]]:
    """Rows of the imported tenant for a query with `values`."""

    def rows(query: str, **values: Any) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    with django_db_blocker.unblock(), tenant_scope(imported.tenant.id), transaction.atomic():
        yield rows
    with django_db_blocker.unblock():
        connection.close()


def test_every_row_came_in(imported, ask):
    assert imported.said == [
        "397 rows: 397 accepted, 0 known before, 0 rejected.",
        "701 rows: 701 accepted, 0 known before, 0 rejected.",
        "701 rows: 0 accepted, 701 known before, 0 rejected.",
        "701 rows: 0 accepted, 701 known before, 0 rejected.",
        "57,851 rows: 57,851 accepted, 0 known before, 0 rejected.",
    ]
    assert Product.objects.count() == 397
    assert Account.objects.count() == 701
    assert Enrollment.objects.count() == 3 * 701
    assert ask("SELECT count(*), sum(amount) FROM accounts_activity") == [(57_851, 7_754_857_020)]


def test_measures_are_what_the_files_add_up_to(books, ask):
    rows = ask(
        """
        SELECT number, month, product_line, amount, quantity, count
        FROM accounts_measure JOIN accounts_account ON accounts_account.id = account_id
        WHERE kind = 'purchase'
        """
    )
    found = {row[:3]: row[3:] for row in rows}

    assert found == {
        key: (books.amounts[key], books.quantities[key], books.counts[key]) for key in books.amounts
    }
    assert sum(amount for amount, *_ in found.values()) == 7_754_857_020
    assert ask("SELECT count(*) FROM accounts_measure WHERE kind <> 'purchase'") == [(0,)]


def test_every_account_stood_where_it_should_at_every_moment(span, books, ask):
    rows = ask(
        """
        SELECT account.number, standing.starts_at, tier.rank, standing.ends_at
        FROM tiers_standing standing
        JOIN tiers_tier tier ON tier.id = standing.tier_id
        JOIN accounts_enrollment enrollment ON enrollment.id = standing.enrollment_id
        JOIN accounts_program program ON program.id = enrollment.program_id
        JOIN accounts_account account ON account.id = enrollment.account_id
        WHERE program.slug = %(span)s ORDER BY standing.starts_at
        """,
        span=span,
    )
    found: dict[str, list[tuple]] = {}
    for number, *standing in rows:
        found.setdefault(number, []).append(tuple(standing))

    expected = {}
    for number, held in books.tiers.items():
        starts = [start_of(day, ZONE) for day, _ in held]
        ends = [*starts[1:], None]
        ranks = [rank for _, rank in held]
        expected[number] = list(zip(starts, ranks, ends, strict=True))
    assert found == expected
    assert sum(len(held) for held in found.values()) > 1_400  # the ladder is climbed and left


def test_every_line_earned_its_points_at_the_tier_of_its_day(span, books, ask):
    rows = ask(
        """
        SELECT fact.external_id, fact.line, entry.available, entry.pending, entry.desired
        FROM rewards_entry entry
        JOIN rewards_wallet wallet ON wallet.id = entry.wallet_id
        JOIN accounts_program program ON program.id = wallet.program_id
        JOIN accounts_activity fact ON fact.id = entry.activity_id
        WHERE program.slug = %(span)s AND entry.kind = 'earn'
        """,
        span=span,
    )
    found = {(order, product): (given, held, wish) for order, product, given, held, wish in rows}

    assert len(found) == len(rows)
    assert found == {
        line: (points, 0, points) for line, points in books.earned_by_line.items() if points
    }


def test_points_earned_expired_and_outstanding_close(span, books, ask):
    rows = ask(
        """
        SELECT account.number, entry.kind, entry.occurred_at, sum(entry.available)
        FROM rewards_entry entry
        JOIN rewards_wallet wallet ON wallet.id = entry.wallet_id
        JOIN accounts_program program ON program.id = wallet.program_id
        JOIN accounts_account account ON account.id = wallet.account_id
        WHERE program.slug = %(span)s GROUP BY 1, 2, 3
        """,
        span=span,
    )
    earned: dict[tuple[str, date], int] = {}
    expired: dict[tuple[str, date], int] = {}
    for number, kind, instant, points in rows:
        day = instant.astimezone(ZONE).date()
        if kind == "earn":
            key = (number, quarter_of(day))
            earned[key] = earned.get(key, 0) + points
        else:
            assert kind == "expire"
            assert start_of(day, ZONE) == instant
            assert day == quarter_of(day)
            months = day.year * 12 + day.month - 1 - 6  # earned two quarters before
            expired[number, date(months // 12, months % 12 + 1, 1)] = -points
    wallets = ask(
        """
        SELECT account.number, wallet.available FROM rewards_wallet wallet
        JOIN accounts_program program ON program.id = wallet.program_id
        JOIN accounts_account account ON account.id = wallet.account_id
        WHERE program.slug = %(span)s AND pending = 0 AND reserved = 0
        """,
        span=span,
    )

    assert earned == books.earned
    assert expired == {key: points for key, points in books.expired.items() if points}
    assert {number: points for number, points in wallets if points} == {
        number: points for number, points in books.outstanding.items() if points
    }
    total = sum(books.earned.values())
    assert total - sum(expired.values()) == sum(points for _, points in wallets)


def test_the_books_verify(imported, django_db_blocker):
    with django_db_blocker.unblock():
        violations = {
            finding.invariant.claim: (finding.violations, finding.sample)
            for finding in verify([imported.tenant.id])
            if finding.violations
        }
    assert violations == {}


TABLES = (
    "accounts_account",
    "accounts_activity",
    "accounts_enrollment",
    "accounts_measure",
    "accounts_product",
    "rewards_entry",
    "rewards_lot",
    "rewards_lotuse",
    "rewards_wallet",
    "tiers_standing",
    # that a file was imported is an event of its own, each time
    "(SELECT * FROM accounts_event WHERE subject NOT LIKE 'import:%%')",
)


def fingerprints(tenant: Tenant) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a hash over all of them."""
    found = {}
    with tenant_scope(tenant.id), transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT count(*), sum(hashtextextended(one::text, 0))::text FROM {table} AS one",
                [],
            )
            found[table] = cursor.fetchone()
    return found


def test_importing_again_changes_nothing(imported, django_db_blocker):
    with django_db_blocker.unblock():
        before = fingerprints(imported.tenant)
        assert before["accounts_activity"][0] == 57_851

        said = import_everything()

        assert said == [
            "397 rows: 0 accepted, 397 known before, 0 rejected.",
            "701 rows: 0 accepted, 701 known before, 0 rejected.",
            "701 rows: 0 accepted, 701 known before, 0 rejected.",
            "701 rows: 0 accepted, 701 known before, 0 rejected.",
            "57,851 rows: 0 accepted, 57,851 known before, 0 rejected.",
        ]
        assert fingerprints(imported.tenant) == before


# ── Rebates ──────────────────────────────────────────────────────────────────────────────────────

REBATES_FROM = date(2017, 7, 1)
WHOLE_BANDS = ((2_000_00, 100), (10_000_00, 250))  # from, hundredths of a percent
GROWTH_BANDS = ((0, 100), (25, 200), (100, 300))  # from so many percent above a year before


def test_rebates_of_twelve_quarters_are_what_the_files_come_to(imported, books, ask, span):
    """By category for all resellers: whole volume, and growth over the same quarter a year ago."""
    if span != "total":
        pytest.skip("rebates know no ladders: once is enough")
    lines = sorted({line for _, _, line in books.amounts})
    program = Program.objects.get(slug="total")
    everybody = Segment.objects.create(code="everybody", name="Everybody", condition={})
    for n, line in enumerate(lines):
        for method, terms in (
            ("whole", {"bands": _bands(WHOLE_BANDS)}),
            (
                "growth",
                {
                    "method": "growth",
                    "position": "baseline",
                    "base": {"periods": 1, "of": "year_before"},
                    "bands": _bands(GROWTH_BANDS),
                },
            ),
        ):
            agreed(
                program,
                None,
                code=f"{method}-{n}",
                party="segment",
                segment=everybody,
                terms=terms | {"lines": [line]},
                starts_on=REBATES_FROM,
            )
    clock.begin_due(at=start_of(REBATES_FROM, ZONE))
    for year in (2018, 2019, 2020):
        accruing.accrue(at=start_of(date(year, 6, 30), ZONE))

    rows = ask(
        """
        SELECT g.code, number, a.since, a.amount
        FROM rebates_accrual a
        JOIN rebates_agreement g ON g.id = a.agreement_id
        JOIN accounts_account ON accounts_account.id = a.account_id
        """
    )
    found = {tuple(row[:3]): row[3] for row in rows}
    assert len(found) == 701 * 12 * 2 * len(lines)
    assert {key: amount for key, amount in found.items() if amount} == _rebates(books, lines)
    transaction.set_rollback(True)


def _bands(bands) -> list[dict[str, str]]:
    return [{"from": str(start), "rate": f"{rate / 100:.2f}"} for start, rate in bands]


def _rebates(books: Books, lines: list[str]) -> dict[tuple[str, str, date], int]:
    """Worked out from the files alone, in whole cents; those above zero."""
    sold: dict[tuple[str, str, date], int] = {}
    for (number, month, line), amount in books.amounts.items():
        key = (line, number, quarter_of(month))
        sold[key] = sold.get(key, 0) + amount
    found = {}
    for (line, number, quarter), amount in sold.items():
        if quarter < REBATES_FROM:
            continue
        before = sold.get((line, number, quarter.replace(year=quarter.year - 1)), 0)
        whole = max((rate for start, rate in WHOLE_BANDS if amount >= start), default=0)
        more = amount - before
        growth = max(
            (rate for percent, rate in GROWTH_BANDS if before and more * 100 >= before * percent),
            default=0,
        )
        place = lines.index(line)
        found[f"whole-{place}", number, quarter] = (2 * amount * whole + 10_000) // 20_000
        found[f"growth-{place}", number, quarter] = (2 * more * growth + 10_000) // 20_000
    return {key: owed for key, owed in found.items() if owed}
