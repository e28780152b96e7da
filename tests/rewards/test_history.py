"""History comes in as if the system had been running then, however it is cut, sorted or killed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError
from django.utils import timezone

from accounts import clock as tenant_clock
from accounts import importing
from accounts.models import ImportRun, JobRun
from accounts.periods import start_of
from accounts.tenancy import tenant_scope
from rewards import clock, history, tasks
from rewards import imports as rewards_imports
from rewards.history import ClockHeld, OutOfOrder, Past, by_day, take_in_history
from rewards.models import Entry, Wallet
from tests import factories
from tests.rewards.imported import Importing, books, sale
from tests.rewards.stories import NEW_YORK, at, purchase
from tiers.models import Standing

# The account reaches Gold (500.00 in a quarter, times 1.5) on January 10th and keeps it until the
# end of the next quarter.
STORY = [
    sale("S1", "A1", "2024-01-10", "400"),
    sale("S2", "A1", "2024-01-10", "100"),
    sale("S3", "A1", "2024-01-11", "100"),
    sale("S4", "A1", "2024-06-30", "10"),
    sale("S5", "A1", "2024-07-01", "10"),
    sale("S6", "A2", "2024-07-02", "10"),
]
UNTIL = "2024-12-31"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def company(in_tenant):
    _open_shop()
    return in_tenant


def _open_shop() -> None:
    """A point per dollar; points last to the end of the quarter after."""
    program = factories.ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 1})
    factories.publish_rule(program)
    factories.publish_scheme(program, ("Member", 0, "1"), ("Gold", 50_000, "1.5"))
    for number in ("A1", "A2"):
        factories.enrolled_account(program, number=number)


@pytest.fixture
def bring_in(company, tmp_path) -> Importing:
    return Importing(company, tmp_path)


def earned() -> dict[str, int]:
    entries = Entry.objects.filter(kind="earn")
    return dict(entries.values_list("activity__external_id", "available"))


def test_tiers_quarters_and_expiries_happen_between_the_facts(bring_in):
    said = bring_in(STORY, history=True, until=UNTIL)
    assert said.startswith("6 rows: 6 accepted, 0 known before, 0 rejected.")
    # One day's facts do not raise each other; the next day's are worth half as much again, until
    # the quarter after the one in which Gold was reached is over.
    assert earned() == {"S1": 400, "S2": 100, "S3": 150, "S4": 15, "S5": 10, "S6": 10}
    standings = Standing.objects.filter(enrollment__account__number="A1").order_by("starts_at")
    assert [(s.tier.name, s.starts_at) for s in standings] == [
        ("Member", datetime(2020, 1, 1, tzinfo=UTC)),
        ("Gold", start_of(date(2024, 1, 11), NEW_YORK)),
        ("Member", start_of(date(2024, 7, 1), NEW_YORK)),
    ]
    expired = Entry.objects.filter(kind="expire", wallet__account__number="A1")
    assert sum(expired.values_list("available", flat=True)) == -(400 + 100 + 150 + 15)
    assert list(Wallet.objects.order_by("account__number").values_list("available", flat=True)) == [
        10,
        10,
    ]
    assert tenant_clock.reached() == datetime(2025, 1, 1, 5, tzinfo=UTC) - timedelta(microseconds=1)
    assert tenant_clock.held_for() == ""


def test_without_a_day_to_run_to_the_clock_stays_at_the_last_day(bring_in):
    bring_in(STORY, history=True)
    assert tenant_clock.reached() == start_of(date(2024, 7, 2), NEW_YORK)


@pytest.mark.parametrize("size", [1, 2, 5000])
def test_neither_order_nor_batches_change_what_comes_out(bring_in, monkeypatch, size):
    bring_in(STORY, history=True, until=UNTIL)
    straight = books()

    other = factories.TenantFactory(slug="mixed")
    with tenant_scope(other.id):
        _open_shop()
        monkeypatch.setattr(importing, "BATCH", size)
        monkeypatch.setattr(history, "BATCH", size)
        Importing(other, bring_in.folder)(STORY[::-1], history=True, until=UNTIL)
        assert books() == straight


class Killed(BaseException):
    pass


@pytest.mark.parametrize("calls_before", range(6))
@pytest.mark.parametrize("where", ["take_in", "advance"])
def test_killed_anywhere_and_continued_ends_as_if_never_killed(
    bring_in, monkeypatch, where, calls_before
):
    lines = [*STORY, sale("BAD", "A1", "never", "1"), sale("GONE", "NOBODY", "2024-03-01", "1")]
    module = rewards_imports if where == "take_in" else clock
    real, calls = getattr(module, where), []

    def deadly(*args, **kwargs):
        calls.append(1)
        done = real(*args, **kwargs)
        if len(calls) > calls_before:
            raise Killed
        return done

    with monkeypatch.context() as patch:
        patch.setattr(module, where, deadly)
        with pytest.raises(Killed):
            bring_in(lines, history=True, until=UNTIL)
    # Beat does not run the clock on to today in the meantime.
    held = tenant_clock.reached()
    tasks.advance_tenant(tenant_id=str(bring_in.tenant.id))
    assert tenant_clock.reached() == held

    bring_in(lines, history=True, until=UNTIL)
    run = ImportRun.objects.get()
    assert (run.state, run.rows, run.accepted, run.known, run.rejected) == ("done", 8, 6, 0, 2)
    assert earned() == {"S1": 400, "S2": 100, "S3": 150, "S4": 15, "S5": 10, "S6": 10}
    assert tenant_clock.held_for() == ""
    assert JobRun.objects.filter(job=clock.EVALUATION).count() == 3
    killed = books()
    other = factories.TenantFactory(slug="unkilled")
    with tenant_scope(other.id):
        _open_shop()
        Importing(other, bring_in.folder)(lines, history=True, until=UNTIL)
        assert books() == killed


def test_dates_are_moved_as_a_whole(bring_in):
    bring_in(STORY, history=True, shift_days=366, until="2025-12-31")
    assert earned() == {"S1": 400, "S2": 100, "S3": 150, "S4": 10, "S5": 10, "S6": 10}
    first = Entry.objects.earliest("occurred_at")
    assert first.occurred_at == start_of(date(2025, 1, 10), NEW_YORK)


def test_facts_behind_the_clock_come_in_late_as_of_the_clock(bring_in):
    bring_in(STORY, history=True, until=UNTIL)
    reached = tenant_clock.reached()
    bring_in([sale("L1", "A2", "2024-02-01", "700")], history=True, name="late.csv")
    entry = Entry.objects.get(activity__external_id="L1", kind="earn")
    assert entry.recorded_at == reached
    assert tenant_clock.reached() == reached


def test_one_history_at_a_time(bring_in, monkeypatch):
    real, inner = rewards_imports.take_in, []

    def take_in(*args, **kwargs):
        if not inner:
            inner.append(1)
            with pytest.raises(CommandError, match="Another import of history is at work"):
                bring_in([sale("X", "A2", "2024-01-01", "1")], history=True, name="other.csv")
        return real(*args, **kwargs)

    monkeypatch.setattr(rewards_imports, "take_in", take_in)
    said = bring_in(STORY, history=True, until=UNTIL)
    assert said.startswith("6 rows: 6 accepted")


def test_an_abandoned_history_gives_way_to_another(bring_in, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(
            rewards_imports, "take_in", lambda *args, **kwargs: (_ for _ in ()).throw(Killed)
        )
        with pytest.raises(Killed):
            bring_in(STORY, history=True, until=UNTIL)
    long_ago = timezone.now() - timedelta(minutes=3)
    ImportRun.objects.update(heartbeat_at=long_ago)
    said = bring_in(STORY, history=True, until="2024-09-30")  # another command
    assert said.startswith("6 rows: 6 accepted")
    assert tenant_clock.held_for() == ""


def test_a_history_of_bad_rows_alone_starts_no_clock(bring_in):
    said = bring_in([sale("S1", "A1", "never", "1")], history=True, until=UNTIL)
    assert said.startswith("1 rows: 0 accepted, 0 known before, 1 rejected.")
    assert tenant_clock.reached() is None


def test_facts_in_memory_come_in_as_history(company):
    past = Past(zone=NEW_YORK, holder="demo", at=at("2026-01-01"), until=date(2024, 12, 31))
    account = factories.enrolled_account(
        factories.ProgramFactory(), number="A9", on=datetime(2020, 1, 1, tzinfo=UTC)
    )
    days: list[tuple[date, list[str]]] = []
    facts = [
        purchase(account, "400", at("2024-01-10"), "S1"),
        purchase(account, "100", at("2024-01-10 23:59"), "S2"),
        purchase(account, "100", at("2024-01-11 00:00"), "S3"),
    ]
    for _ in range(2):
        take_in_history(
            facts,
            source="demo",
            actor="system",
            past=past,
            after_day=lambda day, outcomes: days.append((day, [o.status for o in outcomes])),
        )
    assert days == [
        (date(2024, 1, 10), ["accepted", "accepted"]),
        (date(2024, 1, 11), ["accepted"]),
        (date(2024, 1, 10), ["known", "known"]),
        (date(2024, 1, 11), ["known"]),
    ]
    with pytest.raises(OutOfOrder, match="2024-01-10 comes after those of 2024-01-11"):
        take_in_history(facts[::-1], source="demo", actor="system", past=past)


def test_the_clock_is_not_taken_out_of_other_hands(company):
    tenant_clock.hold(at=at("2024-01-01"), reason="closing")
    past = Past(zone=NEW_YORK, holder="demo", at=at("2026-01-01"))
    account = factories.AccountFactory()
    with pytest.raises(ClockHeld):
        take_in_history(
            [purchase(account, "1", at("2024-01-10"))], source="demo", actor="system", past=past
        )
    assert tenant_clock.held_for() == "closing"


def test_days_end_where_the_zone_says_so():
    zone = ZoneInfo("America/Sao_Paulo")  # midnight of 2018-11-04 did not exist there
    instants = [
        datetime(2018, 11, 3, 3, tzinfo=UTC),
        datetime(2018, 11, 4, 2, 59, tzinfo=UTC),
        datetime(2018, 11, 4, 3, tzinfo=UTC),
        datetime(2018, 11, 5, 1, 59, tzinfo=UTC),
        datetime(2018, 11, 5, 2, tzinfo=UTC),
    ]
    days = [
        (day, len(items)) for day, items in by_day(instants, occurred_at=lambda i: i, zone=zone)
    ]
    assert days == [(date(2018, 11, 3), 2), (date(2018, 11, 4), 2), (date(2018, 11, 5), 1)]


def test_points_are_whole(company):
    """A fact in memory keeps exact quantities through a history."""
    account = factories.AccountFactory()
    past = Past(zone=NEW_YORK, holder="demo", at=at("2026-01-01"))
    fact = purchase(account, "0.99", at("2024-01-10"), quantity="0.0001")
    take_in_history([fact], source="demo", actor="system", past=past)
    assert account.activities.get().quantity == Decimal("0.0001")
