"""Handing files in: checked without a trace, taken in by a worker, rejects given back."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.mappings import parse_toml
from accounts.models import Account, Activity, ActivityKind, ImportRun
from accounts.tenancy import tenant_scope
from rewards.models import Entry
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, running_program, text_of

IMPORTS = "/console/imports/"
NEW = f"{IMPORTS}new/"
WHEN = datetime(2026, 5, 1, 12, tzinfo=UTC)

MAPPING = """
[columns]
account = "Account"
kind = { const = "purchase" }
external_id = "Order"
date = "Date"
amount = "Amount"
"""


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def sent(monkeypatch) -> list[dict]:
    """The messages to workers."""
    messages: list[dict] = []
    monkeypatch.setattr(
        "loyalty.console.imports.run_import.delay_on_commit",
        lambda **message: messages.append(message),
    )
    return messages


@pytest.fixture
def manager(in_tenant):
    return client_of(in_tenant, StaffFactory().user)


def a_file(*rows: str, header: str = "Account,Order,Date,Amount", name: str = "orders.csv"):
    return SimpleUploadedFile(name, "\n".join([header, *rows]).encode(), "text/csv")


def a_run(**fields) -> ImportRun:
    return ImportRun.objects.create(
        **{
            "target": "activities",
            "state": "done",
            "file_name": "orders.csv",
            "stored_as": "x",
            "mapping": parse_toml(MAPPING),
            "started_by": "system",
            "created_at": WHEN,
            "finished_at": WHEN,
        }
        | fields
    )


def test_a_file_is_stored_and_left_to_a_worker(manager, in_tenant, sent):
    response = manager.post(
        NEW, {"file": a_file("A1,SO1,2026-05-01,10.00"), "mapping": MAPPING, "source": "erp"}
    )

    run = ImportRun.objects.get()
    assert (response.status_code, response.url) == (302, f"{IMPORTS}{run.id}/")
    assert (run.state, run.file_name, run.target) == ("waiting", "orders.csv", "activities")
    assert run.mapping == parse_toml(MAPPING)
    assert run.options == {"source": "erp", "shift_days": 0, "language": "en"}
    assert run.started_by.startswith("staff:")
    assert sent == [{"tenant_id": str(in_tenant.id), "run_id": str(run.id)}]
    assert not Activity.objects.exists()


def test_accounts_are_enrolled_from_a_day_on(manager, sent):
    running_program(slug="rewards")

    manager.post(
        f"{NEW}?target=accounts",
        {
            "file": a_file("A1,Northwind", header="Number,Name"),
            "mapping": '[columns]\nnumber = "Number"\nname = "Name"',
            "enroll": "rewards",
            "enrolled_on": "2026-01-01",
        },
    )

    assert ImportRun.objects.get().options == {
        "enroll": "rewards",
        "enrolled_on": "2026-01-01",
        "language": "en",
    }


def test_a_mapping_file_takes_the_place_of_the_text(manager, sent):
    mapping = SimpleUploadedFile("orders.toml", MAPPING.encode())

    manager.post(
        NEW,
        {"file": a_file(), "mapping": "nonsense", "mapping_file": mapping, "source": "erp"},
    )

    assert ImportRun.objects.get().mapping == parse_toml(MAPPING)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"mapping": "= ="}, "The mapping is not valid TOML"),
        ({"mapping": "[columns]\naccount = 'A'"}, "[columns] must say where to find"),
        ({"mapping": ""}, "Say which column is what, or hand in a mapping file."),
        ({"source": "e r p"}, "The source is a name of up to 40 letters"),
        ({"file": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(manager, sent, given, reason):
    data = {"file": a_file(), "mapping": MAPPING, "source": "my-erp"} | given

    response = manager.post(NEW, data)

    assert response.status_code == 200
    assert reason in text_of(response)
    assert data["source"] in response.content.decode()
    assert (ImportRun.objects.count(), sent) == (0, [])


def test_a_dry_run_tells_everything_and_keeps_nothing(manager, sent):
    program = running_program()
    account = enrolled_account(program, number="A1")
    rows = a_file("A1,SO1,2026-05-01,10.00", "A1,SO2,2026-05-02,ten", "A9,SO3,2026-05-02,10.00")

    response = manager.post(NEW, {"file": rows, "mapping": MAPPING, "source": "erp", "check": "1"})

    text = text_of(response)
    assert "All 3 rows of the file were tried. Nothing was kept." in text
    assert "Accepted 1 Known 0 Rejected 2" in text
    assert "Line 3" in text
    assert "Line 4" in text
    assert Activity.objects.filter(account=account).count() == 0
    assert (Entry.objects.count(), ImportRun.objects.count(), sent) == (0, 0, [])


def test_a_dry_run_tries_the_first_rows_of_a_long_file(manager, sent, monkeypatch):
    monkeypatch.setattr("loyalty.console.import_check.FIRST_ROWS", 2)
    enrolled_account(running_program(), number="A1")
    rows = a_file(*(f"A1,SO{n},2026-05-01,10.00" for n in range(3)))

    response = manager.post(NEW, {"file": rows, "mapping": MAPPING, "source": "erp", "check": "1"})

    assert "The first 2 rows were tried." in text_of(response)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (a_file(header="Customer,Order,Date,Amount"), "The file has no column “Account”"),
        (SimpleUploadedFile("x.csv", b"PK\x03\x04" + b"0" * 100), "Excel"),
    ],
)
def test_a_dry_run_says_why_a_file_cannot_be_read(manager, sent, rows, reason):
    response = manager.post(NEW, {"file": rows, "mapping": MAPPING, "source": "erp", "check": "1"})

    assert reason in text_of(response)


@pytest.mark.parametrize("role", ["finance", "analyst", "rep"])
def test_only_owners_and_managers_import(in_tenant, sent, role):
    client = client_of(in_tenant, StaffFactory(role=role).user)

    assert client.get(NEW).status_code == 403
    answer = client.post(NEW, {"file": a_file(), "mapping": MAPPING, "source": "erp"})
    assert answer.status_code == 403
    assert (ImportRun.objects.count(), sent) == (0, [])


def test_an_analyst_is_shown_no_button_to_import(in_tenant):
    a_run()
    client = client_of(in_tenant, StaffFactory(role="analyst").user)

    assert NEW not in client.get(IMPORTS).content.decode()


def test_counts_state_and_rejects_of_a_finished_run(manager):
    run = a_run(rows=10, accepted=6, known=3, rejected=1, rejects_as="r.csv", progress=1000)

    response = manager.get(f"{IMPORTS}{run.id}/")
    text = text_of(response)

    assert "Done, with rejects" in text
    assert "Rows read 10" in text
    assert "Accepted 6" in text
    assert "Known 3" in text
    assert "Rejected 1" in text
    assert f"{IMPORTS}{run.id}/rejects/" in response.content.decode()
    assert "hx-trigger" not in response.content.decode()


def test_a_running_one_is_polled_and_shows_how_far_it_is(manager):
    run = a_run(state="running", progress=425, finished_at=None, rejected=2, rejects_as="r.csv")

    page = manager.get(f"{IMPORTS}{run.id}/").content.decode()

    assert 'hx-trigger="every 1s"' in page
    assert 'value="42.5" max="100"' in page
    assert "Download rejects" not in page


def test_a_failed_one_says_why(manager):
    run = a_run(state="failed", problem="The file is empty.")

    assert "The file is empty." in text_of(manager.get(f"{IMPORTS}{run.id}/"))


def test_rejects_come_as_a_file_that_no_browser_opens(manager, settings):
    Path(settings.MEDIA_ROOT, "r.csv").write_text("line,reason\n3,No such account.\n")
    run = a_run(rejected=1, rejects_as="r.csv")

    response = manager.get(f"{IMPORTS}{run.id}/rejects/")

    assert b"".join(response.streaming_content) == b"line,reason\n3,No such account.\n"
    assert response["Content-Disposition"] == 'attachment; filename="orders-rejects.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"


def test_rejects_of_no_run_of_a_running_one_or_of_none_are_a_404(manager, settings):
    Path(settings.MEDIA_ROOT, "r.csv").write_text("line,reason\n")
    clean = a_run()
    running = a_run(state="running", rejected=1, rejects_as="r.csv")
    lost = a_run(rejected=1, rejects_as="gone.csv")

    for identifier in (clean.id, running.id, lost.id, uuid4()):
        assert manager.get(f"{IMPORTS}{identifier}/rejects/").status_code == 404


def test_another_tenants_run_answers_like_none(manager, other_tenant, settings):
    Path(settings.MEDIA_ROOT, "r.csv").write_text("line,reason\n")
    with tenant_scope(other_tenant.id):
        foreign = a_run(rejected=1, rejects_as="r.csv")

    for address in (f"{IMPORTS}{foreign.id}/", f"{IMPORTS}{foreign.id}/rejects/"):
        assert manager.get(address).status_code == 404
    assert manager.get(f"{NEW}?like={foreign.id}").status_code == 404
    assert foreign.file_name not in manager.get(IMPORTS).content.decode()


def test_reps_and_members_get_neither_run_nor_rejects(in_tenant):
    run = a_run(rejected=1, rejects_as="r.csv")

    for user in (StaffFactory(role="rep").user, MemberFactory().user):
        client = client_of(in_tenant, user)
        for address in (IMPORTS, f"{IMPORTS}{run.id}/", f"{IMPORTS}{run.id}/rejects/"):
            assert client.get(address).status_code == 403


def test_the_list_is_searched_and_filtered(manager):
    a_run(file_name="orders-may.csv")
    a_run(file_name="accounts.csv", target="accounts", state="failed")

    assert "accounts.csv" not in manager.get(f"{IMPORTS}?q=may").content.decode()
    assert "orders-may.csv" not in manager.get(f"{IMPORTS}?state=failed").content.decode()
    assert "orders-may.csv" not in manager.get(f"{IMPORTS}?target=accounts").content.decode()
    assert "No import fits" in text_of(manager.get(f"{IMPORTS}?q=zzz"))


def test_a_mapping_is_offered_again(manager):
    run = a_run(mapping=parse_toml(MAPPING))

    page = text_of(manager.get(f"{NEW}?target=activities&like={run.id}"))

    assert 'kind = { const = "purchase" }' in page
    assert manager.get(f"{NEW}?target=accounts&like={run.id}").status_code == 404
    assert manager.get(f"{NEW}?like=x").status_code == 404
    assert manager.get(f"{NEW}?target=nothing").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_for_one_run_and_for_many(
    manager, count, django_assert_num_queries
):
    for _ in range(count):
        a_run()

    with django_assert_num_queries(12):
        assert manager.get(IMPORTS).status_code == 200


def test_a_file_goes_all_the_way(manager, in_tenant, monkeypatch):
    """Uploaded, worked off by the task, counted, and its reject handed back with its reason."""
    from rewards.tasks import run_import

    enrolled_account(running_program(), number="A1")
    monkeypatch.setattr(
        "loyalty.console.imports.run_import.delay_on_commit", lambda **message: None
    )
    rows = a_file("A1,SO1,2026-05-01,10.00", "A9,SO2,2026-05-01,10.00")
    manager.post(NEW, {"file": rows, "mapping": MAPPING, "source": "erp"})
    run = ImportRun.objects.get()

    run_import(tenant_id=str(in_tenant.id), run_id=str(run.id))

    run.refresh_from_db()
    assert (run.state, run.rows, run.accepted, run.known, run.rejected) == ("done", 2, 1, 0, 1)
    assert Account.objects.get(number="A1").activities.get().amount == 1_000
    response = manager.get(f"{IMPORTS}{run.id}/rejects/")
    assert b"A9,SO2,2026-05-01,10.00" in b"".join(response.streaming_content)


def test_rejects_are_told_in_the_language_of_whoever_handed_the_file_in(
    manager, in_tenant, monkeypatch
):
    """The worker has no reader of its own, and the file is opened long after."""
    from rewards.tasks import run_import

    enrolled_account(running_program(), number="A1")
    hours = {"name": "hours", "type": "number"}
    ActivityKind.objects.create(code="webinar", name="Webinar", attributes=[hours])
    monkeypatch.setattr(
        "loyalty.console.imports.run_import.delay_on_commit", lambda **message: None
    )
    attended = MAPPING.replace("purchase", "webinar") + '[attributes]\nhours = "Hours"\n'
    rows = a_file("A1,T1,2026-05-01,0,viele", header="Account,Order,Date,Amount,Hours")
    empty = a_file("", header="")
    for file in (rows, empty):
        sent = {"file": file, "mapping": attended, "source": "erp"}
        manager.post(NEW, sent, headers={"accept-language": "de"})

    for run in ImportRun.objects.all():
        run_import(tenant_id=str(in_tenant.id), run_id=str(run.id))

    of_rows, of_empty = ImportRun.objects.order_by("id")
    assert of_empty.problem == "Die Datei ist leer; ihre erste Zeile muss die Spalten benennen."
    response = manager.get(f"{IMPORTS}{of_rows.id}/rejects/")
    said = b"".join(response.streaming_content).decode()
    assert "attributes.hours „viele“ muss" in said
    assert "berichtigen Sie es dort, woher es kommt." in said
