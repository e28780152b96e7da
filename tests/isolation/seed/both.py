"""Two tenants of identical shape. In the second one, beta, every text that is no key is a canary:
it says where it comes from, wherever it turns up."""

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.counting import Counting
from accounts.declaring import declare_measure
from accounts.kinds import add_kind
from accounts.models import (
    Member,
    Staff,
    User,
)
from accounts.segments import define_segment
from accounts.tenancy import tenant_scope
from rewards import clock, tallying
from rewards.replay import jobs as replays
from tests.factories import (
    LONG_AGO,
    ProductFactory,
    ProgramFactory,
    TenantFactory,
    enrolled_account,
    publish_rule,
    publish_scheme,
)
from tests.isolation.rooms import ROOMS
from tests.isolation.seed import (
    agreements,
    corrections,
    earning,
    notices,
    paperwork,
    payments,
    rewards,
    tiers,
)
from tests.isolation.seed.canaries import make_canaries
from tests.isolation.side import CANARY, MEMBERS, STAFF, Side
from tests.rewards.stories import accepted, purchase

PASSWORD = "correct horse battery"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


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
    make_canaries(beta)
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
    earning.terms(side, program, now)
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
    earning.facts(side, program, now)
    rewards.furnish(side, program, now)
    paperwork.furnish(side, now)
    corrections.furnish(side, program, now)
    payments.furnish(side, program, now)
    for room in ROOMS:
        room.furnish(side, now)
    tiers.furnish(side, program, now)
    notices.furnish(side, now)
    agreements.furnish(side, program, now)
    clock.advance(upto=now)
    tallying.add_up(before=timezone.now(), zone=side.tenant.zone)


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
    paperwork.command(f"{CANARY}-CMD", now)
