"""Accounts and products out of files: made, brought up to date, enrolled."""

import csv
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from accounts.models import Account, Enrollment, Event, ImportRun, Product
from accounts.tenancy import tenant_scope
from tests import factories

ACCOUNTS = """
[columns]
number = "No"
name = "Name"
country = "Country"
rep = "Rep"
domain = "Domain"
[attributes]
city = "City"
"""
HEADER = "No,Name,Country,Rep,Domain,City"
PRODUCTS = '[columns]\nsku = "SKU"\nname = "Name"\nline = "Line"\n'


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def bring_in(in_tenant, tmp_path: Path):
    """Runs the command for a file of these lines; returns what it printed."""

    def bring_in(what: str, *lines: str, mapping: str, **options) -> str:
        (tmp_path / "in.csv").write_text("\n".join(lines) + "\n")
        (tmp_path / "mapping.toml").write_text(mapping)
        out = StringIO()
        call_command(
            f"import_{what}",
            tmp_path / "in.csv",
            tenant=in_tenant.slug,
            mapping=tmp_path / "mapping.toml",
            stdout=out,
            stderr=StringIO(),
            **options,
        )
        return out.getvalue()

    return bring_in


def rejects_of(run: ImportRun) -> list[tuple[int, str]]:
    with default_storage.open(run.rejects_as, "r") as file:
        rows = list(csv.reader(file))
    return [(int(row[0]), row[1]) for row in rows[1:]]


def test_accounts_are_made_and_brought_up_to_date(bring_in):
    rep = factories.StaffFactory(user__email="robin@example.com")
    said = bring_in(
        "accounts",
        HEADER,
        "A1,Wheels,US,Robin@example.com,WHEELS.example,Reno",
        "A2,Spokes,DE,,,",
        mapping=ACCOUNTS,
    )
    assert said.startswith("2 rows: 2 accepted, 0 known before, 0 rejected.")
    one = Account.objects.get(number="A1")
    assert (one.name, one.country, one.rep, one.domain) == ("Wheels", "US", rep, "wheels.example")
    Account.objects.filter(number="A1").update(attributes={"city": "Reno", "size": "L"}, region="W")

    said = bring_in(
        "accounts",
        HEADER,
        "A1,Wheels Inc.,US,,wheels.example,Elko",
        "A2,Spokes,DE,,,",
        "A3,Hubs,FR,,,",
        mapping=ACCOUNTS,
    )
    assert said.startswith("3 rows: 2 accepted (1 of them changed), 1 known before, 0 rejected.")
    one.refresh_from_db()
    assert (one.name, one.rep, one.region) == ("Wheels Inc.", None, "W")
    assert one.attributes == {"city": "Elko", "size": "L"}
    assert Account.objects.count() == 3


def test_rows_that_cannot_be_taken_in_do_not_hold_up_the_others(bring_in):
    said = bring_in(
        "accounts",
        HEADER,
        ",No number,US,,,",
        "A1,,US,,,",
        "A2,Bell\x07,US,,,",
        f"A3,Long,{'x' * 81},,,",
        "A4,Foreign rep,US,nobody@example.com,,",
        "A5,Short",
        "A6,Good,US,,,",
        mapping=ACCOUNTS,
    )
    assert said.startswith("7 rows: 1 accepted, 0 known before, 6 rejected.")
    assert list(Account.objects.values_list("number", flat=True)) == ["A6"]
    run = ImportRun.objects.get()
    *others, (line, reason) = rejects_of(run)
    assert (line, reason[:36]) == (7, "The row has 2 columns and the header")
    assert others == [
        (2, "number is empty."),
        (3, "name is empty."),
        (4, "name contains the control character U+0007 at position 5; remove it."),
        (5, f"country “{'x' * 40}…” is 81 characters long; 80 fit."),
        (6, "Nobody active among your staff has the e-mail “nobody@example.com”."),
    ]
    assert (run.rows, run.accepted, run.known, run.rejected) == (7, 1, 0, 6)


def test_a_number_that_stands_twice_in_a_file_ends_as_its_last_row_says(bring_in):
    said = bring_in(
        "accounts", HEADER, "A1,Old,US,,,", "A1,New,US,,,", "A1,New,US,,,", mapping=ACCOUNTS
    )
    assert said.startswith("3 rows: 2 accepted (1 of them changed), 1 known before, 0 rejected.")
    assert Account.objects.get().name == "New"


def test_the_rep_of_another_tenant_is_nobody(bring_in, other_tenant):
    with tenant_scope(other_tenant.id):
        factories.StaffFactory(user__email="spy@example.com")
    said = bring_in("accounts", HEADER, "A1,Wheels,US,spy@example.com,,", mapping=ACCOUNTS)
    assert said.startswith("1 rows: 0 accepted, 0 known before, 1 rejected.")


def test_accounts_are_enrolled_from_a_local_day_on(bring_in):
    program = factories.ProgramFactory(slug="club")
    factories.publish_scheme(program, ("Member", 0, "1"))
    lines = [HEADER, "A1,Wheels,US,,,", "A2,Spokes,DE,,,"]
    options = {"mapping": ACCOUNTS, "enroll": "club", "enrolled_on": "2020-01-01"}
    bring_in("accounts", *lines, **options)
    found = Enrollment.objects.filter(program=program)
    assert {e.enrolled_at for e in found} == {datetime(2020, 1, 1, 5, tzinfo=UTC)}
    said = bring_in("accounts", *lines, **options)
    assert said.startswith("2 rows: 0 accepted, 2 known before, 0 rejected.")
    assert found.count() == 2


def test_a_program_that_is_not_there_is_named(bring_in):
    factories.ProgramFactory(slug="club")
    with pytest.raises(CommandError, match=r"no program “clubb”; there is club\."):
        bring_in("accounts", HEADER, "A1,Wheels,US,,,", mapping=ACCOUNTS, enroll="clubb")
    with pytest.raises(CommandError, match="Say which program to enroll in"):
        bring_in("accounts", HEADER, mapping=ACCOUNTS, enrolled_on="2020-01-01")
    with pytest.raises(CommandError, match="“soon” is not a date; write it like 2026-03-31"):
        bring_in("accounts", HEADER, mapping=ACCOUNTS, enroll="club", enrolled_on="soon")
    assert not Account.objects.exists()


def test_products_are_made_and_brought_up_to_date(bring_in):
    bring_in("products", "SKU,Name,Line", "1,Frame,Components", "2,Jersey,", mapping=PRODUCTS)
    said = bring_in("products", "SKU,Name,Line", "1,Frame,Bikes", "2,Jersey,", mapping=PRODUCTS)
    assert said.startswith("2 rows: 1 accepted (1 of them changed), 1 known before, 0 rejected.")
    assert dict(Product.objects.values_list("sku", "line")) == {"1": "Bikes", "2": ""}


def test_a_dry_run_keeps_nothing(bring_in):
    said = bring_in("products", "SKU,Name,Line", "1,Frame,Bikes", mapping=PRODUCTS, dry_run=True)
    assert said.startswith("1 rows: 1 accepted, 0 known before, 0 rejected.")
    assert "Dry run: nothing was kept." in said
    assert not Product.objects.exists()
    assert not ImportRun.objects.exists()


def test_a_file_without_a_header_fails_with_a_sentence(bring_in):
    with pytest.raises(CommandError, match="The file is empty; its first line must name"):
        bring_in("products", mapping=PRODUCTS)
    run = ImportRun.objects.get()
    assert (run.state, run.rows) == ("failed", 0)
    assert run.problem.startswith("The file is empty")
    assert list(Event.objects.values_list("kind", flat=True)) == ["import.failed"]


def test_what_was_imported_by_whom_is_recorded(bring_in):
    bring_in("products", "SKU,Name,Line", "1,Frame,Bikes", ",,x", mapping=PRODUCTS)
    event = Event.objects.get(kind="import.finished")
    assert event.actor == "system"
    assert event.payload == {
        "target": "products",
        "file": "in.csv",
        "rows": 2,
        "accepted": 1,
        "known": 0,
        "rejected": 1,
        "problem": "",
    }


def test_wrong_tenants_files_and_mappings_are_named(bring_in, tmp_path):
    with pytest.raises(CommandError, match=r"no column “SKU”; its columns are “Sku”"):
        bring_in("products", "Sku,Name,Line", mapping=PRODUCTS)
    with pytest.raises(CommandError, match=r"\[columns\] must say where to find name, sku"):
        bring_in("products", "SKU", mapping="")
    mapping = tmp_path / "mapping.toml"
    with pytest.raises(CommandError, match="There is no tenant 'nobody'"):
        call_command("import_products", "x.csv", tenant="nobody", mapping=mapping)
    slug = "acme-files"
    factories.TenantFactory(slug=slug)
    with pytest.raises(CommandError, match=r"x\.csv: No such file or directory\."):
        call_command("import_products", "x.csv", tenant=slug, mapping=mapping)
