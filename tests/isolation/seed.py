"""Two tenants of identical shape. In the second one, beta, every text that is no key is a canary:
it says where it comes from, wherever it turns up."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connections, models, transaction
from django.utils import timezone

from accounts import commands, exports, invitations
from accounts.books import tenant_models
from accounts.counting import Counting
from accounts.declaring import declare_measure
from accounts.files import keep_file
from accounts.ids import uuid7
from accounts.keys import SCOPES, make_key, revoke_key
from accounts.kinds import add_kind
from accounts.models import (
    Account,
    Activity,
    ActivityKind,
    Enrollment,
    ImportRun,
    Invitation,
    Letter,
    Member,
    Notice,
    Product,
    Program,
    Staff,
    Tenant,
    User,
)
from accounts.models.notice import Frequency
from accounts.notices.kinds import KINDS
from accounts.notices.manners import Choice, change_choices, change_manners, change_terms
from accounts.notices.texts import change_text
from accounts.periods import add_months
from accounts.saved_views import save_view
from accounts.segments import define_segment
from accounts.tenancy import tenant_scope
from rebates import answering, banking, drafting
from rebates import clock as rebates_clock
from rebates import offering as offering_rebates
from rebates.journal_files import file_of
from rebates.models import (
    Accrual,
    Agreement,
    AgreementVersion,
    Credit,
    Estimate,
    Forecast,
    JournalBatch,
    JournalLine,
    Payment,
    PaymentRun,
    PostingAccounts,
    Settlement,
    Statement,
)
from rebates.reporting import report_rows
from rebates.stating import line_of
from rewards import (
    adjusting,
    adjustment_drafts,
    campaigning,
    claiming,
    clock,
    ledger,
    offering,
    publishing,
    tallying,
)
from rewards.budgets import set_budget
from rewards.codes import add_codes
from rewards.correction_terms import save_terms
from rewards.models import AdjustmentLimit, CorrectionTerms, Entry
from rewards.offering import Price
from rewards.redeeming import Wish, redeem
from rewards.replay import Draft
from rewards.replay import jobs as replays
from rewards.transferring import transfer_points
from tests.factories import (
    LONG_AGO,
    ProductFactory,
    ProgramFactory,
    TenantFactory,
    enrolled_account,
    failed_delivery,
    open_campaign,
    publish_rule,
    publish_scheme,
)
from tests.isolation.rooms import ROOMS
from tests.isolation.side import Side
from tests.rewards.stories import accepted, purchase, taken_back, wallet_of
from tiers import pinning
from tiers import publishing as ladders
from tiers.models import Nearness, Scheme

CANARY = "CANARY"
PASSWORD = "correct horse battery"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"

STAFF = {
    "owner": "owner",
    "manager": "manager",
    "finance": "finance",
    "analyst": "analyst",
    "rep": "rep",
    "other_rep": "rep",
    "suspended_staff": "manager",
}
MEMBERS = {  # (number of the account, portal role)
    "viewer": ("1001", "viewer"),
    "member": ("1001", "member"),
    "admin": ("1001", "admin"),
    "neighbor": ("1002", "admin"),
    "suspended_member": ("1001", "admin"),
}

# Keys that both tenants share, and words that the database or the code understands: no canaries.
KEPT = {
    "accounts_tenant": {
        "slug",
        "currency",
        "time_zone",
        "brand_color",
        "accent_color",
        "logo_type",
    },
    "accounts_account": {"number"},
    "accounts_product": {"sku"},
    "accounts_program": {"slug"},
    "accounts_activitykind": {"code", "attributes"},
    "accounts_segment": {"code", "condition"},
    "accounts_tally": {"unit", "kind"},
    "accounts_activity": {"kind", "source", "external_id", "line"},
    "accounts_measure": {"kind", "product_line"},
    "accounts_declaredmeasure": {"code", "terms"},
    "accounts_personmeasure": {"kind", "product_line"},
    "accounts_file": {"digest"},
    "accounts_attributemeasure": {"kind", "product_line", "attribute"},
    "accounts_returned": {"kind", "product_line"},
    "accounts_validity": {"kind", "product_line", "ended_as"},
    "accounts_event": {"kind"},
    "accounts_eventreader": {"name"},
    "accounts_jobrun": {"job", "period"},
    "accounts_apikey": {"secret_hash"},
    "accounts_command": {"owner", "key", "route"},
    "accounts_invitation": {"secret_hash", "email"},
    "accounts_importrun": {"stored_as", "rejects_as", "mapping", "options"},
    "accounts_savedview": {"list", "query"},
    "accounts_export": {"list", "query", "stored_as"},
    "rewards_earningrule": {"code", "exclusive_group"},
    "rewards_ruleversion": {"kind", "condition", "segments", "authors"},
    "rewards_campaign": {
        "code",
        "kind",
        "condition",
        "segments",
        "authors",
        "trigger_kind",
    },
    "rewards_milestone": {"code", "kind"},
    "rewards_grantnote": {"campaigns"},
    "rewards_reward": {"code", "details", "business_roles", "from_tier"},
    "rewards_rewardprice": {"condition"},
    "rewards_rewardcode": {"digest"},
    "rewards_redemption": {"decided_by", "request_key"},
    "accounts_notice": {"kind"},
    "accounts_noticechoice": {"kind"},
    "accounts_noticemanners": {"language", "time_zone"},
    "accounts_noticetext": {"kind", "language"},
    "accounts_noticeterms": {"language", "warn_days"},
    "rebates_agreement": {"code", "currency", "tier_code"},
    "rebates_bankdetails": {"country", "hint"},
    "rebates_journalbatch": {"since", "upto", "zone", "currency", "digest"},
    "rebates_journalline": {"kind", "account_number", "ledger_account"},
    "rebates_postingaccounts": {"kind", "debit", "credit"},
    "rebates_reportedsale": {"document", "line", "flags"},
    "rebates_agreementversion": {"condition", "segments", "terms"},
    "rebates_accrual": {"history", "lines", "members", "tier_code"},
    "rebates_statement": {"earned", "true_ups"},
    "tiers_scheme": {"code"},
    "tiers_schemeversion": {"rungs", "authors", "audience"},
    "tiers_tier": {"code", "criteria", "benefits"},
    "tiers_nearness": {"tier_code"},
    "tiers_pin": {"tier_code"},
    "tiers_tierinvitation": {"tier_code"},
    **{table: kept for room in ROOMS for table, kept in room.KEPT.items()},
}


def seed() -> tuple[Side, Side]:
    """Alpha and beta, committed. Beta has, besides alpha's twins, a row of each kind whose very key
    is a canary. Who is analyst at alpha owns beta; who is a viewer at alpha is one at beta."""
    with transaction.atomic():
        password = make_password(PASSWORD)
        roles = [*STAFF, *MEMBERS]
        ours = {role: _person(f"{role}@example.com", password) for role in roles}
        theirs = {role: _person(f"canary-{role}@example.com", password) for role in roles}
        theirs |= {"suspended_staff": ours["analyst"], "viewer": ours["viewer"]}
        alpha = Side(
            TenantFactory(slug="alpha", name="Alpha", logo=PNG, logo_type="image/png"), ours
        )
        beta = Side(
            TenantFactory(slug="beta", name="Beta", logo=PNG, logo_type="image/png"), theirs
        )
    for side in (alpha, beta):
        with tenant_scope(side.tenant.id), transaction.atomic():
            _furnish(side)
        with tenant_scope(side.tenant.id):
            replays.carry_out(side.things["replay"], now=timezone.now)
    with tenant_scope(beta.tenant.id), transaction.atomic():
        Staff.objects.filter(user=ours["analyst"]).update(is_active=True, role="owner")
        _keys_only_beta_has(beta)
    _canaries(beta)
    return alpha, beta


def _person(email: str, password: str) -> User:
    user = User.objects.create(email=email, password=password)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user


def _furnish(side: Side) -> None:
    now = timezone.now()
    for role, held in STAFF.items():
        side.staff[role] = Staff.objects.create(
            user=side.people[role], name=role.title(), role=held, is_active="susp" not in role
        )
    program = ProgramFactory(slug="rewards", points_expiry={"policy": "quarter_end", "plus": 1})
    ladder = publish_scheme(program, ("Silver", 0, "1"), ("Gold", 1_000_00, "1.5"))
    side.things["ladder"] = ladder.scheme_id
    publish_rule(program)
    publish_rule(program, code="status", unit="credits", tier_multiplies=False)
    publish_rule(program, code="welcome", cap=300, cap_window="quarter")
    publish_rule(program, code="learning", kind="training", basis="fixed", rate=100, hold_days=30)
    _terms(side, program, now)
    ProductFactory(sku="SKU-1", line="Bikes")
    for number, rep in (("1001", "rep"), ("1002", "other_rep")):
        side.accounts[number] = enrolled_account(
            program,
            on=LONG_AGO,
            number=number,
            name=f"Dealer {number}",
            region="North",
            partner_type="Reseller",
            domain="dealer.example",
            country="US",
            vertical="Retail",
            rep=side.staff[rep],
        )
    for role, (number, portal_role) in MEMBERS.items():
        side.members[role] = Member.objects.create(
            account=side.accounts[number],
            user=side.people[role],
            name=role.title(),
            portal_role=portal_role,
            business_role="sales",
            is_active="susp" not in role,
        )
    _facts(side, program, now)
    _rewards(side, program, now)
    _paperwork(side, now)
    _corrections(side, program, now)
    for room in ROOMS:
        room.furnish(side, now)
    _ladders(side, program, now)
    _notices(side, now)
    _agreements(side, program, now)
    clock.advance(upto=now)
    tallying.add_up(before=timezone.now(), zone=side.tenant.zone)


def _terms(side: Side, program, now: datetime) -> None:
    """Drafts that can be changed, and of everything that raises or limits one that is in force."""
    actor = side.staff["owner"].actor
    about = {"program": program, "actor": actor, "now": LONG_AGO}
    north = {"field": "region", "op": "eq", "value": "North"}
    segment = define_segment(code="north", name="North", condition=north, actor=actor, now=now)
    measure = declare_measure(
        code="learned",
        name="Learned",
        counting=Counting("facts", ("training",)),
        actor=actor,
        now=now,
    )
    draft = publishing.draft_rule(
        program=program,
        code="draft",
        name="Draft",
        exclusive_group="",
        terms={"kind": "purchase", "basis": "per_amount", "rate": 1, "condition": north},
        actor=actor,
        now=now,
    )
    terms = {"name": "C", "kind": "purchase", "multiplier": 2}
    span = {"starts_at": LONG_AGO, "ends_at": now + timedelta(days=30)}
    campaign = campaigning.draft_campaign(code="draft", terms=terms | span, **about)
    rule = draft.rule
    open_campaign(program, code="spring", multiplier=2, unit="credits", ends_at=span["ends_at"])
    trigger = {"trigger_kind": "training", "trigger_counted": "count", "trigger_threshold": 1}
    within = {"trigger_window": "month", "days": 30, "unit": "credits"}
    open_campaign(program, code="skilled", multiplier=2, **trigger, **within)
    set_budget(unit="credits", amount=10**9, **span, **about)
    first = {"kind": "purchase", "counted": "count", "threshold": 1}
    campaigning.add_milestone(code="first", name="First", **first, **about)
    side.things |= {
        "version": draft.id,
        "rule": rule.id,
        "campaign": campaign.id,
        "segment": segment.id,
        "measure": measure.id,
        "kind of activity": ActivityKind.objects.get(code="training").id,
    }


def _ladders(side: Side, program: Program, now: datetime) -> None:
    """A draft of the ladder, a tier set by hand, an invitation, and a replay that waits."""
    about = {"actor": side.staff["owner"].actor, "now": now}
    scheme = Scheme.objects.get(pk=side.things["ladder"])
    terms = {"rungs": scheme.versions.get().rungs}
    draft = ladders.draft_version(scheme=scheme, terms=terms, **about)
    asked = {"measure": "revenue", "window": {"window": "year"}, "op": "gte", "threshold": 1}
    inner = {"code": "inner", "name": "Inner", "criteria": asked, "by_invitation": True}
    rungs = [{"code": "friend", "name": "Friend"}, inner]
    circle = ladders.draft_scheme(
        program=program, code="circle", name="Circle", terms={"rungs": rungs}, **about
    )
    ladders.publish(version=circle, valid_from=LONG_AGO, **about)
    enrollment = Enrollment.objects.get(account=side.accounts["1001"], program=program)
    pin = pinning.ask_for_pin(
        enrollment=enrollment,
        scheme=scheme,
        tier_code="gold",
        reason="Why",
        ends_at=now + timedelta(days=30),
        **about,
    )
    invitation = pinning.invite(
        enrollment=enrollment, scheme=circle.scheme, tier_code="inner", **about
    )
    Nearness.objects.create(
        tenant_id=side.tenant.id,
        enrollment=enrollment,
        scheme=scheme,
        period=now.date().replace(day=1),
        tier_code="gold",
        told_at=now,
    )
    side.things |= {
        "ladder draft": draft.id,
        "pin": pin.id,
        "tier invitation": invitation.id,
        "replay": _replay(side, program, now),
    }


def _replay(side: Side, program: Program, now: datetime) -> UUID:
    day = now.date()
    run = replays.ask_for(
        program=program,
        name="R",
        draft=Draft(),
        since=day - timedelta(days=20),
        until=day - timedelta(days=10),
        point_cost=Decimal("0.01"),
        actor=side.staff["owner"].actor,
        today=day,
        now=now,
    )
    return run.pk


def _facts(side: Side, program, now: datetime) -> None:
    day = now - timedelta(days=3)
    learned = {"kind": "training", "attributes": {"score": 9, "valid_until": "2099-12-31"}}
    for (number, account), who in zip(side.accounts.items(), ("member", "neighbor"), strict=True):
        person = side.people[who].email
        accepted(
            purchase(account, "1200.00", day, f"INV-{number}", product="SKU-1", quantity=4),
            purchase(account, "0.00", day, f"TR-{number}", member=person, **learned),
            as_of=now - timedelta(days=2),
        )
        accepted(
            taken_back(account, "30.00", day, of=f"INV-{number}", document=f"RET-{number}"),
            as_of=now - timedelta(days=1),
        )
        wallet = wallet_of(account, program)
        ledger.spend(
            wallet_id=wallet.id,
            amount=50,
            cause=uuid7(),
            actor=side.staff["owner"].actor,
            occurred_at=now,
            recorded_at=now,
        )
        side.things |= {
            f"account {number}": account.id,
            f"activity {number}": Activity.objects.get(external_id=f"INV-{number}").id,
            f"enrollment {number}": Enrollment.objects.get(account=account).id,
            f"entry {number}": Entry.objects.filter(wallet=wallet).earliest("occurred_at", "id").id,
        }


def _corrections(side: Side, program, now: datetime) -> None:
    """An adjustment that waits for approval, terms with a role's limit, points passed on."""
    terms = CorrectionTerms(program=program, transfers=True, approval_above=100)
    save_terms(terms, actor=side.staff["owner"].actor, now=now)
    AdjustmentLimit.objects.create(program=program, role="manager", amount=1)
    account, manager = side.accounts["1001"], side.staff["manager"]
    wanted = adjustment_drafts.Wanted(
        program_id=program.id, account_id=account.id, action="credit", reason="Why", amount=500
    )
    drafted = adjustment_drafts.draft(wanted, identity=uuid7(), actor=manager.actor, now=now)
    adjusting.submit(adjustment_id=drafted.id, author=manager, now=now)
    side.things["adjustment"] = drafted.id
    missing = claiming.report(
        member=side.members["member"],
        document="LOST-1",
        bought_on=now.date() - timedelta(days=9),
        amount=950,
        note="Note",
        today=now.date(),
        now=now,
    )
    side.things["claim"] = missing.id
    _payments(side, program, now)
    for number, one in side.accounts.items():
        kept = keep_file(
            f"{CANARY}-file".encode() if side.tenant.slug == "beta" else b"Proof",
            name="proof.txt",
            account_id=one.id,
            actor=manager.actor,
            now=now,
        )
        side.things[f"file {number}"] = kept.id
        sale = {"document": "POS-1", "sold_on": f"{now:%Y-%m-%d}", "product": "SKU-1"}
        report, _ = report_rows(
            [sale | {"quantity": "1", "amount": "5.00", "customer": "Shop"}],
            account=one,
            name="List",
            tenant=side.tenant,
            actor=side.members["member" if number == "1001" else "neighbor"].actor,
            now=now,
        )
        side.things[f"sales report {number}"] = report.id
        side.things[f"reported sale {number}"] = report.sales.get().id
    passed_on = side.things["transfer"] = uuid7()
    transfer_points(
        program_id=program.id,
        account_id=account.id,
        giver_id=None,
        taker_id=side.members["member"].id,
        amount=5,
        command=passed_on,
        reason="Yours",
        actor=manager.actor,
        now=now,
    )


def _payments(side: Side, program: Program, now: datetime) -> None:
    """A settlement of an agreement, in a payment run that waits for approval."""
    account, owner, finance = side.accounts["1001"], side.staff["owner"], side.staff["finance"]
    today = now.date()
    agreement = Agreement.objects.create(
        program=program, code="paid", name="Paid", party="account", account=account,
        currency="USD", period="month", starts_on=today, state="closed", made_by=owner.actor,
        made_at=now, closed_at=now,
    )  # fmt: skip
    version = AgreementVersion.objects.create(
        agreement=agreement, number=1, valid_from=today, method="bank_transfer",
        terms={"bands": [{"from": 0, "rate": "1"}]}, published_at=now, published_by=owner.actor,
    )  # fmt: skip
    statement = Statement.objects.create(
        agreement=agreement, version=version, account=account, number=1, since=today,
        upto=today + timedelta(days=1), total=100, state="approved", prepared_by="system",
        issued_at=now, answer_by=now, accepted_by="system", accepted_at=now,
        approved_by=owner.actor, approved_at=now,
    )  # fmt: skip
    settlement = Settlement.objects.create(
        statement=statement, account=account, method="bank_transfer", amount=100,
        prepared_by="system", approved_by=owner.actor, approved_at=now,
    )  # fmt: skip
    banking.change_cooling(days=5, actor=owner.actor, now=now)
    entered = {"holder": "Holder", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX"}
    entered |= {"actor": side.members["admin"].actor, "now": now - timedelta(days=30)}
    debtor = banking.enter(account_id=None, **entered)
    bank = banking.enter(account_id=account.id, **entered)
    run = PaymentRun.objects.create(
        number=1, debtor=debtor, execute_on=today, payments_count=1, total=100,
        prepared_by=finance.actor, prepared_at=now,
    )  # fmt: skip
    payment = Payment.objects.create(
        run=run, settlement=settlement, account=account, bank=bank, amount=100
    )
    credited = Settlement.objects.create(
        statement=statement, account=account, method="credit_note", amount=50, state="paid",
        prepared_by="system", approved_by=owner.actor, approved_at=now, paid_at=now,
    )  # fmt: skip
    credit = Credit.objects.create(
        settlement=credited, account=account, method="credit_note", number=1, amount=50,
        issued_by=finance.actor, issued_at=now,
    )  # fmt: skip
    PostingAccounts.objects.create(
        kind="accrued", debit="4730", credit="0970", changed_by=owner.actor, changed_at=now
    )
    batch = JournalBatch(
        number=1, since=UUID(int=0), upto=UUID(int=1), through=today - timedelta(days=1),
        zone="UTC", currency="USD", entries_count=1, lines_count=1, total=100,
        made_by=finance.actor, made_at=now,
    )  # fmt: skip
    line = (1, today, "accrued", account.number, "4730", 100, 0)
    batch.digest = sha256(b"".join(file_of([line], batch=batch))).hexdigest()
    batch.save()
    JournalLine.objects.create(
        batch=batch, number=1, day=today, kind="accrued", account=account,
        account_number=account.number, ledger_account="4730", debit=100, credit=0,
    )  # fmt: skip
    side.things |= {"credit": credit.id, "settlement": settlement.id}
    side.things["journal batch"] = batch.id
    side.things |= {"payment run": run.id, "payment": payment.id}


def _agreements(side: Side, program: Program, now: datetime) -> None:
    """One that pays each account, with a statement and a line of it disputed; and a draft."""
    actor, starts_on = side.staff["owner"].actor, add_months(now.date().replace(day=1), -3)
    terms = {"bands": [{"from": "0", "rate": "1"}]}
    for number, account in side.accounts.items():
        sold = now - timedelta(days=45)
        accepted(purchase(account, "500.00", sold, f"OLD-{number}", product="SKU-1"), as_of=now)
        version = _drafted(program, account, f"ag-{number}", terms, starts_on, actor)
        offering_rebates.offer_version(version=version, valid_from=None, actor=actor, now=LONG_AGO)
        who = side.members["admin" if number == "1001" else "neighbor"].actor
        offering_rebates.accept_version(version=version, account=account, actor=who, now=LONG_AGO)
        side.things[f"agreement {number}"] = version.agreement_id
    rebates_clock.advance(at=now)
    for number, account in side.accounts.items():
        statement = Statement.objects.filter(account=account).earliest("upto")
        answering.dispute_line(line=line_of(statement, 1), reason="Why", actor=actor, now=now)
        side.things[f"rebate statement {number}"] = statement.id
        _expected_and_settled(statement, actor, now)
    draft = _drafted(program, side.accounts["1001"], "ag-draft", terms, starts_on, actor)
    side.things["agreement draft"] = draft.id
    side.things["forecast period"] = Accrual.objects.filter(closed_at=None).earliest("id").id


def _expected_and_settled(statement: Statement, actor: str, now: datetime) -> None:
    """Rows of the tables that a first statement leaves empty."""
    about = {"agreement": statement.agreement, "holder": statement.account}
    month = {"since": statement.since, "measured": 1, "actual": 1, "expected": 1, "moved": 1}
    forecast = Forecast.objects.create(
        **about, since=statement.since, number=1, expected=1, made_by=actor, made_at=now
    )
    Estimate.objects.create(**about, **month, month=statement.since, forecast=forecast, made_at=now)
    Settlement.objects.create(
        statement=statement,
        account=statement.account,
        method="credit_note",
        amount=1,
        prepared_by="system",
        approved_by=actor,
        approved_at=now,
    )


def _drafted(
    program: Program,
    account: Account,
    code: str,
    terms: dict[str, Any],
    starts_on: date,
    actor: str,
) -> AgreementVersion:
    return drafting.draft_agreement(
        program=program,
        account=account,
        code=code,
        name="Paid back",
        period="month",
        starts_on=starts_on,
        said={"terms": terms, "grace_days": 0},
        actor=actor,
        now=LONG_AGO,
    )


def _notices(side: Side, now: datetime) -> None:
    """Something said to everybody with a place, choices of theirs, and the tenant's own words."""
    owner = side.staff["owner"].actor
    for role, place in (side.staff | side.members).items():
        user = side.people[role]
        held = {"member": place} if isinstance(place, Member) else {"staff": place}
        letter = Letter.objects.create(user=user, not_before=now, created_at=now)
        made = Notice.objects.create(
            kind="milestone",
            about="first",
            user=user,
            account=side.accounts["1002" if role in ("neighbor", "other_rep") else "1001"],
            details={"account": "Dealer", "milestone": "First"},
            noted_at=now,
            in_inbox=True,
            letter=letter,
            **held,
        )
        side.things[f"notice {role}"] = made.id
    reader = side.people["member"]
    weekly = {"offer": Choice(in_inbox=True, by_letter=Frequency.WEEKLY)}
    change_choices(user=reader, choices=weekly, actor=owner, now=now)
    change_manners(user=reader, language="en", time_zone="", quiet_from=None, quiet_until=None)
    change_terms(language="en", warn_days=[30], actor=owner, now=now)
    words = {"subject": "{{ milestone }}", "body": "Reached."}
    change_text(kind=KINDS["milestone"], language="de", **words, actor=owner, now=now)


def _rewards(side: Side, program: Program, now: datetime) -> None:
    """A reward that both accounts have asked for, and one each with codes and slots."""
    shared = {"actor": side.staff["owner"].actor, "now": now}
    made = {}
    for type, details in (
        ("credit_note", {"value": 5_00}),
        ("gift_card", {"brand": "Shop", "value": 5_00}),
        ("expert_session", {"topic": "Talk", "minutes": 30}),
    ):
        terms = {"code": type.replace("_", "-"), "name": type, "description": "Yours."}
        terms |= {"type": type, "points": 10, "details": details}
        price = Price(field="tier", value="Gold", points=10)
        made[type] = offering.add_reward(program=program, terms=terms, prices=[price], **shared)
    add_codes(made["gift_card"], ["CODE-0001", "CODE-0002"], **shared)
    offering.add_slots(made["expert_session"], [now + timedelta(days=9)], expert="Expert", **shared)
    for reward in made.values():
        offering.publish(reward, **shared)
    side.things["reward"] = made["credit_note"].id
    for number, account in side.accounts.items():
        wish = Wish(
            reward_id=made["credit_note"].id,
            account=account,
            member=side.members["admin" if number == "1001" else "neighbor"],
            answers={"invoice": f"INV-{number}"},
            key=f"form {number}",
            actor=side.members["admin" if number == "1001" else "neighbor"].actor,
        )
        redemption = redeem(wish, tenant=side.tenant, now=now)
        side.things[f"redemption {number}"] = redemption.id


def _paperwork(side: Side, now: datetime) -> None:
    """Keys, invitations, imports with their files."""
    owner = side.staff["owner"]
    for name, scopes in (
        ("key_write", [scope for scope in SCOPES if not scope.endswith(":read")]),
        ("key_read", [scope for scope in SCOPES if scope.endswith(":read")]),
        ("key_revoked", ["accounts:read", "activities:write"]),
    ):
        key, side.secrets[name] = make_key(name=name, scopes=scopes, actor=owner, now=now)
        side.things[name] = key.id
        if name == "key_revoked":
            revoke_key(key=key, actor=owner, now=now)
    about = {"name": "Guest", "actor": owner, "now": now}
    staff = invitations.invite_staff(email="guest@example.com", role="rep", **about)
    partner = {"portal_role": "member", "business_role": ""}
    for number, account in side.accounts.items():
        email = f"guest{number}@example.com"
        made = invitations.invite_member(email=email, account=account, **partner, **about)
        side.things[f"invitation {number}"] = made.id
    side.things["invitation staff"] = staff.id
    for what, name in (("secret", "invitation staff"), ("secret partner", "invitation 1001")):
        secret = f"{side.tenant.slug}-{what}".replace(" ", "-")
        side.secrets[what] = secret
        Invitation.objects.filter(id=side.things[name]).update(
            secret_hash=sha256(secret.encode()).hexdigest()
        )
    side.things["import"] = _import(side, now).id
    _webhooks(side, now)
    _kept_of_lists(side, now)
    _command("CMD-1", now)


def _kept_of_lists(side: Side, now: datetime) -> None:
    """A view that its owner shares, and a file of a list that waits for them."""
    owner = side.staff["owner"]
    about = {"staff": owner, "list_code": "accounts", "query": "region=North", "now": now}
    view = save_view(name="North", is_shared=True, is_default=False, **about)
    asked = exports.ask_for(rows=2, **about)
    claimed = exports.claim(asked.pk, at=now)
    text = f"{CANARY}-file\n" if side.tenant.slug == "beta" else "Number\n"
    exports.finish(claimed, ContentFile(text.encode()), at=now)
    side.things |= {"view": view.pk, "export": asked.pk, "product": Product.objects.get().pk}


def _webhooks(side: Side, now: datetime) -> None:
    delivery = failed_delivery(actor=side.staff["owner"].actor, now=now)
    side.things |= {
        "endpoint": delivery.endpoint_id,
        "delivery": delivery.pk,
        "event": delivery.event_id,
    }


def _command(key: str, now: datetime) -> None:
    identity = commands.Identity(
        owner="api", key=key, route="POST /", digest=commands.digest_of("what both sent")
    )
    told = commands.Told(201, "{}", "/there")
    commands.keep(identity, told, actor="system", recorded_at=now)


def _import(side: Side, now: datetime) -> ImportRun:
    folder = f"{side.tenant.id}/imports"
    text = "rejected line,reason,Order\n2,why,1\n"
    if side.tenant.slug == "beta":
        text += f"3,{CANARY}-file,{CANARY}-file\n"
    kept = {
        name: default_storage.save(f"{folder}/{name}.csv", ContentFile(text.encode()))
        for name in ("stored", "rejects")
    }
    return ImportRun.objects.create(
        target="activities",
        state="done",
        file_name="orders.csv",
        stored_as=kept["stored"],
        rejects_as=kept["rejects"],
        mapping={"columns": {"account": "Account", "kind": "Kind", "external_id": "Order"}},
        options={"source": "erp"},
        rows=2,
        accepted=1,
        rejected=1,
        progress=1000,
        started_by=side.staff["manager"].actor,
        created_at=now,
        finished_at=now,
    )


def _keys_only_beta_has(beta: Side) -> None:
    now = timezone.now()
    program = ProgramFactory(slug="canary-program")
    add_kind(code="canary_kind", name="Kind", attributes=(), actor="system", now=now)
    declare_measure(
        code="canary_measure", name="M", counting=Counting("facts"), actor="system", now=now
    )
    define_segment(code="canary-segment", name="S", condition={}, actor="system", now=now)
    publish_scheme(program, ("Silver", 0, "1"), code="canary-ladder")
    publish_rule(program)
    ProductFactory(sku=f"{CANARY}-SKU")
    account = enrolled_account(program, number=f"{CANARY}-1003", region=f"{CANARY}-region")
    accepted(purchase(account, "10.00", now, f"{CANARY}-DOC"), as_of=now)
    _command(f"{CANARY}-CMD", now)


def text_columns() -> dict[str, dict[str, bool]]:
    """Of every tenant table, the columns that hold text of people; True where they hold JSON."""
    found: dict[str, dict[Any, bool]] = {}
    for model in [apps.get_model("accounts.Tenant"), *tenant_models()]:
        table = model._meta.db_table
        found[table] = {
            one.column: isinstance(one, models.JSONField)
            for one in model._meta.local_fields
            if isinstance(one, models.CharField | models.TextField | models.JSONField)
            and not one.choices
            and one.column not in KEPT.get(table, ())
        }
    return {table: columns for table, columns in found.items() if columns}


def _canaries(beta: Side) -> None:
    """As the owner, whom neither the wall nor, for once, the triggers hold back."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table, columns in text_columns().items():
            changes = ", ".join(_changed(table, column, columns[column]) for column in columns)
            key = "id" if table == "accounts_tenant" else "tenant_id"
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET {changes} WHERE {key} = %s", [beta.tenant.id])
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    connections["owner"].close()


def _changed(table: str, column: str, is_json: bool) -> str:
    canary = f"{CANARY}-{table}-{column}"
    if is_json:
        return f"{column} = coalesce({column}, '{{}}') || '{{\"{CANARY}\": \"{canary}\"}}'"
    longest = next(
        one.max_length
        for model in [Tenant, *tenant_models()]
        if model._meta.db_table == table
        for one in model._meta.local_fields
        if one.column == column
    )
    return f"{column} = '{canary[:longest]}'"


def fingerprint(tenant_id: UUID) -> str:
    """One statement that hashes every row of a tenant: for whoever may see them."""
    tables = [("accounts_tenant", "id")]
    tables += [(model._meta.db_table, "tenant_id") for model in tenant_models()]
    parts = [
        f"SELECT '{table}' AS name, count(*) AS rows, "
        f"md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS hash "
        f"FROM {table} t WHERE {key} = '{tenant_id}'"
        for table, key in sorted(tables)
    ]
    return " UNION ALL ".join(parts)
