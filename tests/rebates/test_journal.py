"""What the general ledger is handed: every entry of money once, balanced, and the same for ever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.ids import uuid7
from accounts.keys import make_key
from accounts.models import Event
from accounts.tenancy import tenant_scope
from rebates import clock, journal, paying
from rebates.books_of_journal import JOURNAL
from rebates.journal import CannotPost, FileAltered, NothingToPost
from rebates.models import JournalBatch, JournalLine, Posting, PostingAccounts
from rebates.posting_accounts import CannotMap, change_mapping
from rewards import awarding, ledger
from rewards.awarding import Wanted
from tests.factories import ProgramFactory, TenantFactory, enrolled_account
from tests.loyalty.faces import client_of, text_of
from tests.loyalty.test_api import Api
from tests.rebates.deals import violations
from tests.rebates.failing import seen_to_fail
from tests.rebates.test_paying import NOW, TODAY, approved, prepared, world
from tests.rewards.stories import accepted, at, taken_back

__all__ = ["world"]

PAIRS = {
    Posting.ACCRUED: ("4730", "0970"),
    Posting.TRUE_UP: ("4731", "0970"),
    Posting.SETTLED: ("0970", "1700"),
    Posting.PAID: ("1700", "1200"),
    Posting.RETURNED: ("1200", "1700"),
}
FIRST = """batch,line,day,kind,account,ledger_account,debit,credit,currency
1,1,2026-02-01,accrued,'=D-2,4730,30.00,0.00,EUR
1,2,2026-02-01,accrued,'=D-2,0970,0.00,30.00,EUR
1,3,2026-02-01,accrued,D-1,4730,70.00,0.00,EUR
1,4,2026-02-01,accrued,D-1,0970,0.00,70.00,EUR
1,5,2026-02-01,settled,'=D-2,0970,30.00,0.00,EUR
1,6,2026-02-01,settled,'=D-2,1700,0.00,30.00,EUR
1,7,2026-02-01,settled,D-1,0970,70.00,0.00,EUR
1,8,2026-02-01,settled,D-1,1700,0.00,70.00,EUR
1,9,2026-02-10,paid,'=D-2,1700,30.00,0.00,EUR
1,10,2026-02-10,paid,'=D-2,1200,0.00,30.00,EUR
1,11,2026-02-10,paid,D-1,1700,70.00,0.00,EUR
1,12,2026-02-10,paid,D-1,1200,0.00,70.00,EUR
""".replace("\n", "\r\n").encode()
DAMAGE = {
    # a batch that begins where none ended, and covers nothing
    """INSERT INTO rebates_journalbatch
           (tenant_id, id, number, since, upto, through, zone, currency, entries_count,
            lines_count, total, digest, made_by, made_at)
       SELECT tenant_id, uuidv7(), 9, 'ffffffff-0000-0000-0000-000000000000',
              'ffffffff-0000-0000-0000-000000000001', through + 9, zone, currency, 1, 0, 0, '',
              made_by, made_at
       FROM rebates_journalbatch WHERE number = 1""": [0, 2],
    # a debit that nobody is credited
    """INSERT INTO rebates_journalline
           (tenant_id, id, batch_id, number, day, kind, account_id, account_number,
            ledger_account, debit, credit)
       SELECT tenant_id, uuidv7(), batch_id, 99, day, kind, account_id, account_number,
              ledger_account, debit, credit
       FROM rebates_journalline WHERE number = 1 AND debit = 7000""": [1, 2],
    # an entry that came in under a batch that was made already
    """INSERT INTO rewards_entry
           (tenant_id, id, wallet_id, kind, available, pending, reserved, occurred_at,
            recorded_at, actor, cause)
       SELECT e.tenant_id, b.since, e.wallet_id, 'accrue', 0, 5, 0, e.occurred_at, e.recorded_at,
              e.actor, uuidv7()
       FROM rewards_entry e JOIN rebates_journalbatch b ON b.number = 2
       WHERE e.kind = 'accrue' LIMIT 1""": [2],
    "UPDATE rewards_wallet SET unit = 'funds' WHERE unit = 'money' AND pending = 0": [2],
}  # fmt: skip


@pytest.fixture
def posted(world, monkeypatch):
    """Days end now: stories tell them in a moment, and entries are numbered by the real clock."""
    monkeypatch.setattr(journal, "first_id_at", lambda instant: uuid7())
    world.dealers[1].number = "=D-2"
    world.dealers[1].save()
    world.run = approved(world, prepared(world))
    return world


def mapped(world, pairs=PAIRS) -> list[Posting]:
    return change_mapping(pairs=pairs, actor=world.ann.actor, now=NOW)


def batch_of(world, through=TODAY, now=None) -> JournalBatch:
    return journal.make_batch(
        through=through,
        tenant=world.tenant,
        actor=world.ann.actor,
        now=now or at("2026-02-11 09:00"),
    )


def content_of(batch: JournalBatch) -> bytes:
    with journal.take_file(batch)[1] as file:
        return file.read()


def test_batches_follow_each_other_and_stay_as_they_were_made(posted, monkeypatch):
    with pytest.raises(CannotPost, match="posted: Rebate accrued, Paid by bank transfer, Settl"):
        batch_of(posted)
    mapped(posted)
    with pytest.raises(CannotPost, match="not over yet"):
        batch_of(posted, now=NOW)
    with monkeypatch.context() as patched:
        patched.setattr(journal, "oldest_began_at", lambda: at("2026-02-10 23:59"))
        with pytest.raises(CannotPost, match="still being written"):
            batch_of(posted)
    assert not JournalBatch.objects.exists()
    first = batch_of(posted)
    assert (first.number, first.entries_count, first.lines_count, first.total) == (1, 6, 12, 300_00)
    assert content_of(first) == FIRST
    assert first.digest == sha256(FIRST).hexdigest()
    with pytest.raises(CannotPost, match="Batch 1 covers that day already"):
        batch_of(posted)
    with pytest.raises(NothingToPost, match="Nothing waits up to Feb 11, 2026; what was booked"):
        batch_of(posted, through=date(2026, 2, 11), now=at("2026-02-12 09:00"))

    # the bank returns one; part of its sale comes back; the accounts are others by then
    posted.run.refresh_from_db()
    paying.mark_executed(run_id=posted.run.pk, actor=posted.ann.actor, now=NOW)
    payment = posted.run.payments.get(account=posted.dealers[0])
    later = at("2026-02-12 09:00")
    paying.give_back(payment_id=payment.pk, reason="AC04", actor=posted.ann.actor, now=later)
    returned = taken_back(posted.dealers[0], "100.00", later, of="P-D-1", document="R-1")
    accepted(returned, as_of=later)
    clock.advance(at=later)
    moved = {one.kind: (one.amount, one.entries) for one in journal.waiting()}
    assert moved == {"returned": (70_00, 1), "true_up": (-10_00, 1)}
    changed = mapped(posted, PAIRS | {Posting.ACCRUED: ("4799", "0970")})
    assert changed == [Posting.ACCRUED]
    second = batch_of(posted, through=date(2026, 2, 12), now=at("2026-02-13 09:00"))
    assert (second.number, second.since) == (2, first.upto)
    lines = second.lines.order_by("number")
    assert list(lines.values_list("kind", "ledger_account", "debit", "credit")) == [
        ("returned", "1200", 70_00, 0),
        ("returned", "1700", 0, 70_00),
        ("true_up", "0970", 10_00, 0),
        ("true_up", "4731", 0, 10_00),
    ]
    assert content_of(first) == FIRST
    told = Event.objects.filter(kind="journal_batch.made").order_by("id")
    assert [one.payload["number"] for one in told] == [1, 2]
    assert violations(posted.tenant) == []
    assert seen_to_fail(JOURNAL, DAMAGE) == DAMAGE

    for model in (JournalBatch, JournalLine):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(number=7)
    first.digest = "0"
    with pytest.raises(FileAltered):
        journal.take_file(first)


def test_awards_of_money_are_posted_too_and_the_end_of_a_hold_is_not(posted):
    about = {"program_id": posted.program.pk, "account_id": posted.dealers[0].pk, "unit": "money"}
    held = Wanted(amount=50_00, reason="R-1", activates_at=at("2026-02-11"), **about)
    award = awarding.give(held, identity=uuid7(), actor="system", now=NOW)
    ledger.activate_due(upto=at("2026-02-11"), actor="system")
    awarding.take_back(
        award.pk, amount=20_00, reason="R-1", identity=uuid7(), actor="system", now=at("2026-02-11")
    )
    mapped(posted)
    with pytest.raises(CannotPost, match="posted: Awarded by a partner program, Award taken back"):
        batch_of(posted, through=date(2026, 2, 11), now=at("2026-02-12 09:00"))
    mapped(posted, {Posting.AWARDED: ("4740", "1700"), Posting.RECALLED: ("1700", "4740")})
    made = batch_of(posted, through=date(2026, 2, 11), now=at("2026-02-12 09:00"))
    lines = made.lines.filter(kind__in=("awarded", "recalled")).order_by("number")
    assert list(lines.values_list("kind", "ledger_account", "debit", "credit")) == [
        ("awarded", "4740", 50_00, 0),
        ("awarded", "1700", 0, 50_00),
        ("recalled", "1700", 20_00, 0),
        ("recalled", "4740", 0, 20_00),
    ]
    assert violations(posted.tenant) == []


def test_the_month_goes_by_itself_once_it_is_mapped(posted):
    early, due = at("2026-03-01 00:00"), at("2026-03-01 09:00")
    assert journal.make_due(tenant=posted.tenant, now=due) == {"made": 0, "refused": 0}
    mapped(posted, {Posting.ACCRUED: PAIRS[Posting.ACCRUED]})
    assert clock.advance(at=due)["not_posted"] == 1
    mapped(posted)
    assert journal.make_due(tenant=posted.tenant, now=early) == {"made": 0, "refused": 1}
    assert clock.advance(at=due)["posted"] == 1
    assert JournalBatch.objects.get().through == date(2026, 2, 28)
    assert journal.make_due(tenant=posted.tenant, now=due) == {"made": 0, "refused": 0}


def test_accounts_are_checked_before_anything_is_kept(in_tenant):
    for pair, says in {
        ("", "1200"): "Rebate accrued: An account is 1 to 40 letters",
        ("=1+1", "1200"): "An account is 1 to 40 letters",
        ("1200", " 1200"): "same account",
    }.items():
        with pytest.raises(CannotMap, match=says):
            change_mapping(pairs=PAIRS | {Posting.ACCRUED: pair}, actor="staff:x", now=NOW)
    assert not PostingAccounts.objects.exists()


def test_finance_sets_the_accounts_makes_a_batch_and_saves_it(posted, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: at("2026-02-11 09:00"))
    client = client_of(posted.tenant, posted.ann.user)
    page = "/console/journal/"
    seen = text_of(client.get(page))
    assert "Rebate accrued No accounts yet 2 €100.00" in seen
    said = {
        f"{kind}_{side}": number
        for kind, pair in PAIRS.items()
        for side, number in zip(("debit", "credit"), pair, strict=True)
    }
    wrong = client.post(f"{page}accounts/", said | {"paid_credit": "1700"})
    assert wrong.status_code == 422
    assert "Paid by bank transfer: Debit and credit are the same account" in text_of(wrong)
    assert not PostingAccounts.objects.exists()
    kept = client.post(f"{page}accounts/", said, follow=True)
    assert "Kept. It holds for batches to come." in text_of(kept)
    refused = client.post(page, {"through": "2026-02-11"}, follow=True)
    assert "That day is not over yet; choose one before today." in text_of(refused)
    made = text_of(client.post(page, {"through": "2026-02-10"}, follow=True))
    assert "Batch 1 is made; it stays as it is for ever." in made
    assert "12 Feb 10, 2026 Paid by bank transfer D-1 1200 €70.00" in made
    batch = JournalBatch.objects.get()
    file = client.get(f"{page}{batch.pk}/file/")
    assert file["Content-Disposition"] == 'attachment; filename="journal-000001.csv"'
    assert b"".join(file.streaming_content) == FIRST

    key = make_key(name="ERP", scopes=["rebates:read"], actor=posted.ann, now=NOW)[1]
    api = Api(posted.tenant, key)
    [told] = api.get("/api/v1/journal-batches").json()["items"]
    assert (told["number"], told["through"], told["total"]) == (1, "2026-02-10", "300.00")
    assert told["digest"] == batch.digest
    lines = f"/api/v1/journal-batches/{batch.pk}/lines"
    first = api.get(f"{lines}?limit=11").json()
    [last] = api.get(first["next"]).json()["items"]
    assert first["items"][0] == {
        "number": 1, "day": "2026-02-01", "kind": "accrued", "account": "=D-2",
        "ledger_account": "4730", "debit": "30.00", "credit": "0.00",
    }  # fmt: skip
    assert (last["number"], last["ledger_account"], last["credit"]) == (12, "1200", "70.00")


def test_two_at_once_make_one_batch(committed, monkeypatch):
    monkeypatch.setattr(journal, "first_id_at", lambda instant: uuid7())
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        dealer = enrolled_account(program)
        change_mapping(pairs=PAIRS, actor="staff:x", now=NOW)
        about = {"account_id": dealer.pk, "program_id": program.pk, "cause": uuid7()}
        ledger.settle(amount=5, actor="staff:x", at=NOW, **about)
    told = {"through": TODAY, "tenant": tenant, "actor": "staff:x", "now": at("2026-02-11 09:00")}

    def make(_number: int) -> str:
        try:
            with tenant_scope(tenant.id):
                return str(journal.make_batch(**told).number)
        except CannotPost as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        first, *others = sorted(threads.map(make, range(4)))
    assert first == "1"
    assert {said[:30] for said in others} == {"Batch 1 covers that day alread"}
    with tenant_scope(tenant.id), transaction.atomic():
        assert JournalBatch.objects.get().total == 5
