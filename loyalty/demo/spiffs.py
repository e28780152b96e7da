"""SPIFFs of the demo: sales that people have claimed and were paid for, by the real rules."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from accounts.models import Activity, Member, Program, Staff
from accounts.models.people import PortalRole, StaffRole
from accounts.periods import day_of, start_of
from loyalty.demo.businesses import Business
from loyalty.demo.company import ZONE
from loyalty.demo.people import MANAGER, STAFF
from partners.models import PaidThrough, SpiffClaim
from partners.paying.paying import Paid, pay
from partners.spiffs import deciding
from partners.spiffs.claiming import Sale, claim
from partners.spiffs.terms import Terms, add_spiff, publish
from partners.spiffs.years import change_settings
from rewards.models import Unit, Wallet

RUNS = 90  # days
BACK = 45  # days ago it was announced
# the business's place, and what became of the claim
STORIES = ((0, "pay"), (0, ""), (2, "approve"), (4, "reject"), (5, ""))


def add_spiffs(people: Sequence[Business], *, today: date) -> None:
    """Money for who sells, and claims of what their companies really bought lately."""
    by = Staff.objects.get(name=STAFF[MANAGER][0]).actor
    announced = today - timedelta(days=BACK)
    at = start_of(announced, ZONE)
    numbers = [business.number for business in people]
    facts = _sales(numbers, since=announced)
    if not facts:
        return
    items = {fact.product.sku: 20_00 for fact in facts if fact.product}
    terms = Terms(
        starts_on=announced,
        ends_on=announced + timedelta(days=RUNS),
        items=items,
        claim_days=45,
        cap_person=1_500_00,
        budget=25_000_00,
        needs_proof=False,
    )
    about = {"program": Program.objects.get(), "actor": by, "now": at}
    draft = add_spiff(name="Spring counter push", unit="money", terms=terms, **about)
    publish(draft.pk, seen=at, actor=by, today=announced, now=at)
    change_settings(threshold=600_00, points_worth=100, actor=by, now=at)
    by_place = {business.place: business.number for business in people}
    for place, end in STORIES:
        number = by_place.get(place)
        own = [fact for fact in facts if fact.account.number == number]
        if own:
            facts.remove(own[0])
            _claim(draft.spiff_id, own[0], end, by=by, today=today)


def _sales(numbers: Sequence[str], *, since: date) -> list[Activity]:
    rows = Activity.objects.filter(
        account__number__in=numbers,
        kind="purchase",
        reverses=None,
        product__isnull=False,
        quantity__gte=1,
        occurred_at__gte=start_of(since + timedelta(days=1), ZONE),
    )
    return list(rows.select_related("account", "product").order_by("-occurred_at", "id")[:400])


def _claim(spiff_id, fact: Activity, end: str, *, by: str, today: date) -> None:
    member = Member.objects.get(account=fact.account, portal_role=PortalRole.ADMIN)
    sold_on = day_of(fact.occurred_at, ZONE)
    at = start_of(min(sold_on + timedelta(days=1), today - timedelta(days=1)), ZONE)
    at += timedelta(hours=15)
    sale = Sale(
        spiff_id=spiff_id,
        member=member,
        sku=fact.product.sku,
        quantity=min(int(fact.quantity), 12),
        sold_on=sold_on,
        document=fact.external_id,
        key=f"demo {fact.pk}",
        actor=member.actor,
    )
    made = claim(sale, zone=ZONE, now=at)
    if end in ("approve", "pay"):
        deciding.approve(made.pk, by=by, now=at + timedelta(hours=1))
        if end == "pay":
            _pay(made, now=at + timedelta(hours=2))
    elif end == "reject":
        reason = "The invoice shows another product."
        deciding.reject(made.pk, by=by, reason=reason, now=at + timedelta(hours=1))


def _pay(made: SpiffClaim, *, now: datetime) -> None:
    today = day_of(now, ZONE)
    paid = Paid(
        wallet_id=Wallet.objects.get(member=made.member, unit=Unit.MONEY).pk,
        amount=made.granted,
        paid_through=PaidThrough.PAYROLL,
        paid_on=today,
        reference=f"PAY {today:%m/%Y}",
        key=f"demo {made.pk}",
        by=Staff.objects.filter(role=StaffRole.FINANCE).order_by("id")[0].actor,
    )
    pay(paid, today=today, now=now)
