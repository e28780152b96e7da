"""What-if on real history: to the cent what the terms would have paid, and nothing is written."""

from datetime import date

from django.apps import apps
from django.db import connection

from rebates import drafting
from rebates.models import AgreementVersion
from rebates.terms import parse_terms
from rebates.trying import try_on_past
from tests.factories import AccountFactory, ProgramFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import client_of, text_of
from tests.rebates.deals import CHECKER, agreed, bands, owed
from tests.rewards.stories import accepted, at, purchase, taken_back

NOW = at("2026-07-15 09:00")


def counts() -> dict[str, int]:
    """Rows of every table of rebates and of the ledger, events and facts too."""
    models = [one for name in ("accounts", "rewards", "rebates") for one in apps.get_app_config(
        name).get_models()]  # fmt: skip
    found = {}
    with connection.cursor() as cursor:
        for table in {one._meta.db_table for one in models}:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found


def test_other_terms_are_tried_on_what_was_sold_and_nothing_is_written(in_tenant, monkeypatch):
    program = ProgramFactory()
    top = enrolled_account(program, number="D-1", name="Top")
    child = AccountFactory(parent=top, number="D-2")
    group = agreed(
        program, top, terms={"bands": bands((1_000_00, "1"))}, party="family", paid_to="each"
    )
    accepted(
        purchase(top, "600.01", at("2026-01-10"), "A"),
        purchase(child, "400.00", at("2026-03-31 23:30"), "B"),
        purchase(child, "900.00", at("2026-05-10"), "C"),
        as_of=at("2026-05-10"),
    )
    accepted(taken_back(child, "100.00", at("2026-06-01"), of="C", document="D"),
             as_of=at("2026-06-01"))  # fmt: skip
    # 1,000.01 at 1 %, shared; 800.00 is below the band.
    assert owed(group, at=NOW)[:4] == [6_00, 4_00, 0, 0]
    drafting.draft_version(
        agreement=group,
        said={"terms": {"method": "incremental", "bands": bands((500_00, "2"), (900_00, "5"))}},
        actor=CHECKER,
        now=NOW,
    )
    draft = AgreementVersion.objects.select_related("agreement").get(published_at=None)
    before = counts()
    changed = parse_terms(draft.terms | {"bands": bands((0, "1"))})
    found = try_on_past(draft, periods=2, tenant=in_tenant, at=NOW, changed=changed)
    told = [(one.span.since, one.sales.measured, one.was, one.would, one.changed)
            for one in found.rows]  # fmt: skip
    assert told == [
        # 400.00 at 2 %, 100.01 at 5 % are 13.0005; 1,000.01 at 1 % are 10.0001.
        (date(2026, 1, 1), 1_000_01, 10_00, 13_00, 10_00),
        (date(2026, 4, 1), 800_00, 0, 6_00, 8_00),
    ]
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    page = client_of(in_tenant, StaffFactory(role="analyst").user)
    sessions = counts()
    shown = text_of(page.get(f"/console/agreements/versions/{draft.pk}/try/?periods=2"))
    assert "$19.00" in shown
    assert "$10.00" in shown
    changed_tables = {table for table, n in counts().items() if n != sessions[table]}
    assert changed_tables == set()
    assert {t for t, n in sessions.items() if n != before[t]} <= {
        "accounts_user", "accounts_staff", "accounts_event"
    }  # fmt: skip
