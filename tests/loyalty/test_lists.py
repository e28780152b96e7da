"""Lists: found, sorted, kept as views, taken out as files, decided many at once."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage

from accounts import exports
from accounts.models import Account, Event, Export, Product, SavedView
from accounts.tenancy import tenant_scope
from loyalty.lists import exporting
from tests.factories import AccountFactory, ProductFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of

pytestmark = pytest.mark.usefixtures("stopped_clock")

PRODUCTS = "/console/products/"
ACCOUNTS = "/console/accounts/"


@pytest.fixture
def morgan(in_tenant):
    return StaffFactory(name="Morgan Manager")


@pytest.fixture
def manager(in_tenant, morgan):
    return client_of(in_tenant, morgan.user)


@pytest.fixture
def shop(in_tenant):
    for sku, name, line in (
        ("A-1", "=cmd()", "Bikes"),
        ("B-2", "Bell", "Parts"),
        ("C-3", "Chain", "Parts"),
    ):
        ProductFactory(sku=sku, name=name, line=line)


def rows_of(answer) -> list[list[str]]:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_file_holds_exactly_the_rows_of_the_page_in_their_order_and_runs_no_formula(
    manager, morgan, shop
):
    page = text_of(manager.get(f"{PRODUCTS}?line=Parts&sort=-sku"))
    assert page.index("Chain") < page.index("Bell")
    assert "Export 2 rows" in page

    answer = manager.post("/console/exports/products/?line=Parts&sort=-sku")
    assert [row[:3] for row in rows_of(answer)] == [
        ["SKU", "Name", "Product line"],
        ["C-3", "Chain", "Parts"],
        ["B-2", "Bell", "Parts"],
    ]
    assert answer["Content-Disposition"] == 'attachment; filename="products-2026-05-20.csv"'
    assert answer["Cache-Control"] == "private, no-store"
    everything = rows_of(manager.post("/console/exports/products/"))
    assert everything[1][:3] == ["A-1", "'=cmd()", "Bikes"]

    noted = Event.objects.filter(kind="list.exported").order_by("id")
    assert [(event.actor, event.payload["rows"]) for event in noted] == [
        (morgan.actor, 2),
        (morgan.actor, 3),
    ]
    assert not Export.objects.exists()


@pytest.mark.parametrize("query", ["line=Toys", "q=zzz"])
def test_what_nothing_fits_exports_the_heading_alone(manager, shop, query):
    assert len(rows_of(manager.post(f"/console/exports/products/?{query}"))) == 1


def test_a_day_that_is_none_finds_nothing(manager, shop):
    assert "No adjustment fits" in text_of(manager.get("/console/adjustments/?since=soon"))


@pytest.fixture
def long_list(monkeypatch, shop):
    """What is long, and read in pieces, with three rows."""
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    monkeypatch.setattr("loyalty.console.exports.AT_ONCE", 2)
    monkeypatch.setattr(exporting, "CHUNK", 2)


@pytest.fixture
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def asked(manager) -> Export:
    answer = manager.post("/console/exports/products/?sort=name")
    assert answer.url == "/console/exports/"
    return Export.objects.get()


def test_a_long_list_is_written_by_a_job_for_who_asked_alone_and_kept_a_week(
    manager, in_tenant, long_list, files
):
    export = asked(manager)
    assert "Waiting 3" in text_of(manager.get("/console/exports/"))
    assert manager.get(f"/console/exports/{export.pk}/file/").status_code == 404

    exporting.build(exports.claim(export.pk, at=NOW), now=lambda: NOW)
    answer = manager.get(f"/console/exports/{export.pk}/file/")
    assert [row[1] for row in rows_of(answer)] == ["Name", "'=cmd()", "Bell", "Chain"]
    assert exports.claim(export.pk, at=NOW) is None

    colleague = client_of(in_tenant, StaffFactory().user)
    assert "No files wait here" in text_of(colleague.get("/console/exports/"))
    assert colleague.get(f"/console/exports/{export.pk}/file/").status_code == 404
    assert colleague.post(f"/console/exports/{export.pk}/again/").status_code == 404

    assert exports.remove_old(at=NOW + timedelta(days=7, seconds=-1)) == 0
    assert exports.remove_old(at=NOW + timedelta(days=7)) == 1
    assert [path for path in files.rglob("*") if path.is_file()] == []
    assert manager.get(f"/console/exports/{export.pk}/file/").status_code == 404
    assert manager.post(f"/console/exports/{export.pk}/again/").status_code == 302
    assert Export.objects.filter(state="waiting", query="sort=name").count() == 1


@pytest.mark.parametrize("dies", ["reading", "storing"])
def test_killed_anywhere_it_ends_the_same(manager, long_list, files, monkeypatch, dies):
    export = asked(manager)
    with monkeypatch.context() as broken:
        if dies == "reading":
            broken.setattr(exports, "beat", _killed)
        else:
            broken.setattr(exports.transaction, "atomic", _killed_at_the_end(exports.transaction))
        with pytest.raises(KeyboardInterrupt):
            exporting.build(exports.claim(export.pk, at=NOW), now=lambda: NOW)

    assert exports.waiting(at=NOW) == []  # its heart may still beat
    later = NOW + timedelta(minutes=3)
    assert exports.waiting(at=later) == [export.pk]
    exporting.build(exports.claim(export.pk, at=later), now=lambda: later)
    export.refresh_from_db()
    assert (export.state, export.rows, export.written, export.tries) == ("done", 3, 3, 2)
    assert [path.name for path in files.rglob("*.csv")] == [f"{export.pk}-2.csv"]


def _killed(*args, **kwargs):
    raise KeyboardInterrupt


def _killed_at_the_end(transaction):
    """The transaction that makes the export ready is the first one after its file is stored."""
    real = transaction.atomic

    def atomic(*args, **kwargs):
        stored = any(default_storage.listdir("")[0])
        return _killed() if stored else real(*args, **kwargs)

    return atomic


def test_a_worker_that_was_thought_dead_leaves_the_others_file_alone(manager, long_list, files):
    export = asked(manager)
    slow = exports.claim(export.pk, at=NOW)
    later = NOW + timedelta(minutes=3)
    exporting.build(exports.claim(export.pk, at=later), now=lambda: later)
    exporting.build(slow, now=lambda: later)
    assert [path.name for path in files.rglob("*.csv")] == [f"{export.pk}-2.csv"]
    export.refresh_from_db()
    assert (export.state, export.tries) == ("done", 2)


def test_after_five_workers_it_has_failed_and_says_so(manager, long_list, files):
    export = asked(manager)
    for minutes in range(0, 18, 3):
        exports.claim(export.pk, at=NOW + timedelta(minutes=minutes))
    assert "Its worker was stopped again and again." in text_of(manager.get("/console/exports/"))


def test_a_view_is_kept_shared_opened_with_and_removed(manager, morgan, in_tenant, shop):
    saved = {"name": "Parts first", "is_default": "on"}
    answer = manager.post("/console/views/products/?line=Parts&sort=-sku&page=2", saved)
    view = SavedView.objects.get()
    there = f"{PRODUCTS}?line=Parts&sort=-sku&view={view.pk}"
    assert answer.url == there
    assert manager.get(PRODUCTS).url == there
    page = manager.get(there)
    assert "Parts first" in text_of(page)
    assert "Save this view" not in text_of(page)
    # every filter can be taken away, and that does not lead back to it
    assert f'href="{PRODUCTS}?sort=-sku&amp;view={view.pk}"' in page.content.decode()
    assert manager.get(f"{PRODUCTS}?view=all").status_code == 200

    colleague = client_of(in_tenant, StaffFactory(role="finance").user)
    assert "Parts first" not in text_of(colleague.get(PRODUCTS))
    change = f"/console/views/{view.pk}/change/"
    assert colleague.post(change, {"is_shared": "on"}).status_code == 404
    manager.post(change, {"is_shared": "on"})
    assert "Shared: Parts first" in text_of(colleague.get(PRODUCTS))
    assert colleague.post(f"/console/views/{view.pk}/remove/").status_code == 404
    assert manager.get(PRODUCTS).status_code == 200  # it opens nothing any more

    manager.post(f"/console/views/{view.pk}/remove/")
    assert "Parts first" not in text_of(colleague.get(PRODUCTS))
    kinds = Event.objects.filter(kind__startswith="view.").order_by("id")
    assert [event.kind for event in kinds] == ["view.shared", "view.withdrawn"]


def test_a_view_of_a_list_that_the_reader_may_not_open_is_none(manager, in_tenant):
    manager.post("/console/views/members/?role=admin", {"name": "Admins", "is_shared": "on"})
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    assert "Admins" not in text_of(analyst.get("/console/views/"))
    assert analyst.post("/console/views/members/", {"name": "Mine"}).status_code == 404
    assert analyst.post("/console/exports/members/").status_code == 404
    assert manager.post("/console/exports/nothing/").status_code == 404


def test_picked_accounts_are_enrolled_each_with_its_result(manager, in_tenant, other_tenant):
    program = running_program()
    inside = enrolled_account(program, name="Inside")
    outside = AccountFactory(name="Outside")
    with tenant_scope(other_tenant.id):
        foreign = AccountFactory(name="Foreign")
    sent = {"action": "enroll", "pick": [str(inside.pk), str(outside.pk), str(foreign.pk), "x"]}

    text = text_of(manager.post(ACCOUNTS, sent, follow=True))

    assert "Outside is in Acme Rewards from now on." in text
    assert "Inside was left as before: it is in Acme Rewards already." in text
    assert Account.objects.filter(enrollments__program=program).count() == 2
    many = [str(enrolled_account(program, name=f"Shop {number}").pk) for number in range(7)]
    text = text_of(manager.post(ACCOUNTS, {"action": "enroll", "pick": many}, follow=True))
    shown = "Shop 0; Shop 1; Shop 2; Shop 3; Shop 4; and 2 more"
    assert f"7 were left as before ({shown}): it is in Acme Rewards already." in text
    analyst = client_of(in_tenant, StaffFactory(role="analyst").user)
    assert analyst.post(ACCOUNTS, sent).status_code == 404


def test_a_product_is_added_and_changed_and_its_history_says_what_it_was(manager, shop):
    taken = manager.post(f"{PRODUCTS}new/", {"sku": "A-1", "name": "Again", "line": ""})
    assert taken.status_code == 422
    assert "There is a product “A-1” already" in text_of(taken)
    assert manager.post(f"{PRODUCTS}new/", {"sku": "D-4", "name": "Drum"}).status_code == 302
    product = Product.objects.get(sku="D-4")
    manager.post(f"{PRODUCTS}{product.pk}/", {"name": "Drum brake", "line": "Parts"})

    text = text_of(manager.get(f"/console/history/?subject=product:{product.pk}"))
    assert "2 values changed Line — → Parts Name Drum → Drum brake" in text
    assert text.count("product.added") == 1
