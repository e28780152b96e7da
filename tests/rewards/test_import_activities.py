"""Activities out of files: bad rows cost themselves, and no kill costs or doubles anything."""

import signal
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import importing, imports
from accounts.importing import RunTaken
from accounts.jobs import NoTenantGiven
from accounts.mappings import MappingWrong, parse_toml
from accounts.models import Activity, Event, ImportRun
from rewards import imports as rewards_imports
from rewards import tasks
from rewards.models import Entry, Wallet
from tests import factories
from tests.rewards.imported import HEADER, MAPPING, Importing, books, rejects_of, sale

BAD_ROWS = [
    ("S1,1,NOBODY,2025-01-01,5,1,,purchase,", "There is no account with the number “NOBODY”"),
    ("S2,1,A1,,5,1,,purchase,", "occurred_at is empty"),
    ("S3,1,A1,2025-01-01,ten,1,,purchase,", "amount “ten” is not a number"),
    ("S4,1,A1,2025-01-01,inf,1,,purchase,", "amount “inf” is not a finite number"),
    ("S5,1,A1,2025-01-01,NaN,1,,purchase,", "amount “NaN” is not a finite number"),
    ("S6,1,A1,1025-01-01,5,1,,purchase,", "The date “1025-01-01” is before 1970"),
    ("S7,1,A1,2925-01-01,5,1,,purchase,", "The date “2925-01-01” is in the future"),
    ("S8\x01,1,A1,2025-01-01,5,1,,purchase,", "external_id contains the control character U+0001"),
    ("S9,1,A1,2025-01-01,5,1,\0,purchase,", "product contains the control character U+0000"),
    ("S10,1,A1,2025-01-01,5.001,1,,purchase,", "amount “5.001” has more than 2 decimal places"),
    ("S11,1,A1,2025-01-01,-5,1,,purchase,", "amount “-5” is negative"),
    ("S12,1,A1,2025-01-01,5,1,NONE,purchase,", "There is no product “NONE”"),
    ("S13,1,A1,2025-01-01,5,1,,bribe,", "There is no activity kind “bribe”"),
    ("S14,1,A1,2025-01-01,5", "The row has 5 columns and the header 9"),
    ("S15,1,A1,2025-01-01,5,1,,return,GONE", ""),
    (f"{'S' * 121},1,A1,2025-01-01,5,1,,purchase,", "is 121 characters long; 120 fit"),
]
GOOD = [sale(f"G{n}", f"A{n % 3 + 1}", f"2025-01-{n + 1:02}", f"{n}00.50") for n in range(1, 8)]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def company(in_tenant):
    """Three enrolled accounts, a point per dollar."""
    program = factories.ProgramFactory()
    factories.publish_rule(program)
    factories.publish_scheme(program, ("Member", 0, "1"), ("Gold", 50_000, "1.5"))
    for number in ("A1", "A2", "A3"):
        factories.enrolled_account(program, number=number)
    return in_tenant


@pytest.fixture
def bring_in(company, tmp_path) -> Importing:
    return Importing(company, tmp_path)


def summary(run: ImportRun) -> tuple[str, int, int, int, int]:
    return run.state, run.rows, run.accepted, run.known, run.rejected


def test_bad_rows_never_stop_the_good_ones(bring_in):
    lines = [GOOD[0], *(line for line, _ in BAD_ROWS), GOOD[1]]
    said = bring_in(lines)
    assert said.startswith("18 rows: 2 accepted, 0 known before, 16 rejected.")
    assert sorted(Activity.objects.values_list("external_id", flat=True)) == ["G1", "G2"]
    run = ImportRun.objects.get()
    rejects = rejects_of(run)
    assert [int(row[0]) for row in rejects] == list(range(3, 19))
    for (line, says), reject in zip(BAD_ROWS, rejects, strict=True):
        assert says in reject[1]
        assert reject[2:] == line.split(",")


def test_a_row_of_another_encoding_costs_itself(bring_in, tmp_path):
    bring_in([])  # makes the mapping
    latin = sale("M\xfcller", "A1", "2025-01-01", "5")
    (tmp_path / "latin.csv").write_bytes("\n".join([HEADER, GOOD[0], latin]).encode("latin-1"))
    call_command(
        "import_activities",
        tmp_path / "latin.csv",
        tenant=bring_in.tenant.slug,
        mapping=tmp_path / "mapping.toml",
    )
    assert list(Activity.objects.values_list("external_id", flat=True)) == ["G1"]


def test_the_same_file_twice_changes_nothing(bring_in):
    lines = [*GOOD, BAD_ROWS[0][0]]
    bring_in(lines)
    before = books()
    said = bring_in(lines)
    assert said.startswith("8 rows: 0 accepted, 7 known before, 1 rejected.")
    assert books() == before
    first, second = ImportRun.objects.order_by("created_at")
    assert rejects_of(first) == rejects_of(second)


def test_other_content_under_a_known_identity_is_rejected_as_a_conflict(bring_in):
    bring_in([GOOD[0]])
    before = books()
    changed = GOOD[0].replace("100.50", "100.51")
    said = bring_in([GOOD[0], changed])
    assert said.startswith("2 rows: 0 accepted, 1 known before, 1 rejected.")
    assert books() == before
    run = ImportRun.objects.latest("created_at")
    assert "was taken in before with other content" in rejects_of(run)[0][1]


def test_identities_are_permanent_within_their_source(bring_in):
    bring_in([GOOD[0]], source="erp")
    said = bring_in([GOOD[0]], source="shop")
    assert said.startswith("1 rows: 1 accepted")
    assert set(Activity.objects.values_list("source", flat=True)) == {"erp", "shop"}


def test_a_return_takes_back_what_its_original_earned(bring_in):
    bring_in([GOOD[0], "R1,1,A2,2025-01-05,50.25,0.5,,return,G1"])
    wallet = Wallet.objects.get(account__number="A2")
    assert wallet.available == 50


def test_a_dry_run_counts_and_keeps_nothing(bring_in):
    before = books()
    said = bring_in([*GOOD, BAD_ROWS[0][0]], dry_run=True)
    assert said.startswith("8 rows: 7 accepted, 0 known before, 1 rejected.")
    assert books() == before
    assert not ImportRun.objects.exists()
    history = bring_in([*GOOD, BAD_ROWS[0][0]], dry_run=True, history=True)
    assert history.splitlines()[0] == said.splitlines()[0]
    assert books() == before


def test_a_value_that_only_the_database_refuses_costs_its_row_alone(bring_in):
    program = factories.ProgramFactory()
    factories.publish_rule(program, rate=Decimal(99_999_999))
    account = factories.enrolled_account(program, number="RICH")
    rich = sale("X", account.number, "2025-01-01", "9999999999999.99")
    said = bring_in([*GOOD[:3], rich, *GOOD[3:]])
    assert said.startswith("8 rows: 7 accepted, 0 known before, 1 rejected.")
    assert rejects_of(ImportRun.objects.get())[0][:1] == ["5"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"until": "2025-01-01"}, "makes sense for a history only"),
        ({"history": True, "until": "2999-01-01"}, "has not come yet"),
        ({"history": True, "until": "then"}, "is not a date"),
        ({"source": "a b"}, "The source is a name"),
        ({"shift_days": 10**6}, "a hundred years at most"),
    ],
)
def test_options_that_make_no_sense_are_refused(bring_in, options, says):
    with pytest.raises(CommandError, match=says):
        bring_in(GOOD, **options)
    assert not ImportRun.objects.exists()


# ── Killed and continued ─────────────────────────────────────────────────────────────────────────


class Killed(BaseException):
    """Stands for a kill -9: nothing in the product may catch it."""


def kill_after(batches: int, monkeypatch) -> None:
    """The process dies within the batch after so many."""
    real, calls = rewards_imports.take_in, []

    def take_in(*args, **kwargs):
        calls.append(1)
        outcomes = real(*args, **kwargs)
        if len(calls) > batches:
            raise Killed
        return outcomes

    monkeypatch.setattr(rewards_imports, "take_in", take_in)


@pytest.mark.parametrize("batches", range(4))
def test_killed_and_started_again_ends_as_if_never_killed(bring_in, monkeypatch, batches):
    monkeypatch.setattr(importing, "BATCH", 3)
    lines = [BAD_ROWS[1][0], *GOOD, BAD_ROWS[0][0], BAD_ROWS[2][0]]
    with monkeypatch.context() as patch:
        kill_after(batches, patch)
        if batches < 3:  # the fourth batch has no rows to take in
            with pytest.raises(Killed):
                bring_in(lines)
            assert ImportRun.objects.get().rows == 3 * batches
    bring_in(lines)
    run = ImportRun.objects.earliest("created_at")
    assert summary(run) == ("done", 10, 7, 0, 3)
    assert [row[0] for row in rejects_of(run)] == ["2", "10", "11"]
    assert Activity.objects.count() == 7


def test_ctrl_c_leaves_the_run_in_good_order(bring_in, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 3)
    real = rewards_imports.take_in

    def take_in(*args, **kwargs):
        signal.raise_signal(signal.SIGINT)
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(rewards_imports, "take_in", take_in)
        with pytest.raises(SystemExit) as stopped:
            bring_in(GOOD)
    assert stopped.value.code == 130
    assert summary(ImportRun.objects.get()) == ("waiting", 3, 3, 0, 0)
    bring_in(GOOD)
    assert summary(ImportRun.objects.get()) == ("done", 7, 7, 0, 0)


def test_two_processes_on_one_run_find_each_other(bring_in, monkeypatch):
    """The second one has worked the run off while the first was within a batch."""
    monkeypatch.setattr(importing, "BATCH", 3)
    real, inner = importing._settle, []

    def settle(run, *args, **kwargs):
        if not inner:
            inner.append(1)
            bring_in(GOOD)
        return real(run, *args, **kwargs)

    monkeypatch.setattr(importing, "_settle", settle)
    with pytest.raises(CommandError, match="Another process is working this import off"):
        bring_in(GOOD)
    assert summary(ImportRun.objects.get()) == ("done", 7, 7, 0, 0)
    assert Event.objects.filter(kind="import.finished").count() == 1


# ── Uploads ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def messages(monkeypatch) -> list[dict]:
    """What was sent to the worker to import."""
    sent: list[dict] = []
    monkeypatch.setattr(tasks.run_import, "delay", lambda **kwargs: sent.append(kwargs))
    return sent


def upload(lines, **options) -> ImportRun:
    content = "\n".join([HEADER, *lines]).encode()
    return imports.begin(
        target="activities",
        file_name="../../C:/evil/orders.csv",
        size=len(content),
        mapping=parse_toml(MAPPING),
        options=options,
        started_by="staff:1",
        at=timezone.now(),
        upload=ContentFile(content),
    )


def work_off(run: ImportRun) -> ImportRun:
    tasks.run_import(tenant_id=str(run.tenant_id), run_id=str(run.pk))
    run.refresh_from_db()
    return run


def test_an_upload_lies_in_its_tenants_folder_under_a_name_of_ours(company):
    run = upload(GOOD)
    assert run.stored_as == f"{company.id}/imports/{run.pk}.csv"
    assert run.file_name == "orders.csv"
    assert default_storage.exists(run.stored_as)


def test_a_worker_takes_an_upload_in(company, messages):
    run = work_off(upload([*GOOD, BAD_ROWS[0][0]], source="shop"))
    assert summary(run) == ("done", 8, 7, 0, 1)
    assert run.progress == 1000
    assert run.rejects_as == f"{company.id}/imports/{run.pk}-rejects.csv"
    assert set(Entry.objects.values_list("actor", flat=True)) == {"staff:1"}
    assert messages == []
    assert summary(work_off(run)) == ("done", 8, 7, 0, 1)  # a message that came twice


def test_a_long_import_goes_on_in_new_messages(company, messages, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 3)
    monkeypatch.setattr(tasks, "CHUNK_SECONDS", 0)
    run = work_off(upload(GOOD))
    assert summary(run) == ("waiting", 3, 3, 0, 0)
    assert messages == [{"tenant_id": str(company.id), "run_id": str(run.pk)}]
    assert summary(work_off(run)) == ("waiting", 6, 6, 0, 0)
    work_off(run)
    assert summary(work_off(run)) == ("done", 7, 7, 0, 0)


def test_a_malformed_upload_fails_with_a_sentence(company, messages):
    run = upload(GOOD)
    with default_storage.open(run.stored_as, "wb") as file:
        file.write(b"PK\x03\x04")
    run = work_off(run)
    assert (run.state, run.problem) == (
        "failed",
        "The file is a zip archive or an Excel workbook; save it as CSV.",
    )


def test_a_wrong_mapping_is_refused_before_anything_is_stored(company, settings):
    with pytest.raises(MappingWrong):
        imports.begin(
            target="activities",
            file_name="x.csv",
            size=1,
            mapping={},
            options={},
            started_by="staff:1",
            at=timezone.now(),
            upload=ContentFile(b"x"),
        )
    assert not ImportRun.objects.exists()
    assert not settings.MEDIA_ROOT.exists()


def test_the_sweep_finds_runs_whose_worker_died(company, messages):
    now = timezone.now()
    run = upload(GOOD)
    tasks.sweep_imports_of(tenant_id=str(company.id))
    assert messages == []  # it has only just come in
    claimed = imports.claim(run.pk, at=now - timedelta(minutes=1))
    assert claimed is not None
    assert imports.claim(run.pk, at=now) is None  # somebody works on it
    tasks.sweep_imports_of(tenant_id=str(company.id))
    assert messages == []
    ImportRun.objects.update(heartbeat_at=now - timedelta(minutes=3))
    tasks.sweep_imports_of(tenant_id=str(company.id))
    assert messages == [{"tenant_id": str(company.id), "run_id": str(run.pk)}]
    assert summary(work_off(run)) == ("done", 7, 7, 0, 0)
    tasks.sweep_imports_of(tenant_id=str(company.id))
    assert len(messages) == 1


def test_the_sweep_leaves_the_commands_runs_to_their_command(bring_in, messages, monkeypatch):
    with monkeypatch.context() as patch:
        kill_after(0, patch)
        with pytest.raises(Killed):
            bring_in(GOOD)
    ImportRun.objects.update(heartbeat_at=timezone.now() - timedelta(hours=1))
    tasks.sweep_imports_of(tenant_id=str(bring_in.tenant.id))
    assert messages == []


def test_a_run_that_stops_at_the_same_row_again_and_again_is_given_up(company, monkeypatch):
    run = upload(GOOD)
    kill_after(0, monkeypatch)
    for _ in range(imports.MAX_TRIES):
        with pytest.raises(Killed):
            work_off(run)
        ImportRun.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=3))
    run = work_off(run)
    assert (run.state, run.problem) == ("failed", "Stopped 5 times behind row 0.")
    assert not Activity.objects.exists()


def test_the_sweep_and_the_clock_go_tenant_by_tenant(company, other_tenant, monkeypatch):
    for name, task in (
        ("sweep_imports", tasks.sweep_imports_of),
        ("advance_every_tenant", tasks.advance_tenant),
    ):
        sent: list[dict] = []
        monkeypatch.setattr(task, "delay", lambda sent=sent, **kwargs: sent.append(kwargs))
        getattr(tasks, name)()
        assert {UUID(message["tenant_id"]) for message in sent} >= {company.id, other_tenant.id}


@pytest.mark.parametrize("call", [{}, {"tenant_id": None}, {"tenant_id": ""}])
def test_a_task_without_a_tenant_is_refused_where_it_is_sent_and_where_it_runs(call):
    with pytest.raises((NoTenantGiven, ValueError)):
        tasks.run_import.apply_async(kwargs={"run_id": "x", **call})
    with pytest.raises((NoTenantGiven, ValueError)):
        tasks.run_import(run_id="x", **call)
    with pytest.raises(NoTenantGiven):
        tasks.run_import("x")


def test_a_run_taken_by_another_is_left_alone(company, monkeypatch, messages):
    run = upload(GOOD)

    def taken(*args, **kwargs):
        raise RunTaken("Another process is working this import off.")

    monkeypatch.setattr(tasks, "carry_out", taken)
    assert work_off(run).state == "running"
    assert messages == []
