"""From sign-up to a live program: the steps, each with whether it is done, as things stand."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account, Activity, ApiKey, Invitation, Member, Product, Staff, Tenant
from accounts.models.imports import ImportTarget
from rewards.models import Reward, RewardState, RuleVersion
from tiers.models import SchemeVersion, State


@dataclass(frozen=True, slots=True)
class Step:
    """`is_needed` for a live program; the others make it a good one."""

    name: str
    text: str
    url: str
    is_done: bool
    is_needed: bool


@dataclass(frozen=True, slots=True)
class Guide:
    steps: list[Step]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def is_live(self) -> bool:
        """Facts come in and earn."""
        return all(step.is_done for step in self.steps if step.is_needed)

    @property
    def next(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)


def guide_of(tenant: Tenant, *, now: datetime) -> Guide:
    """In one query, for any workspace."""
    in_force = Q(published_at__lte=now) & (Q(valid_to=None) | Q(valid_to__gt=now))
    [there] = Tenant.objects.filter(pk=tenant.pk).values(
        rule=Exists(RuleVersion.objects.filter(in_force)),
        ladder=Exists(SchemeVersion.objects.filter(state=State.PUBLISHED)),
        account=Exists(Account.objects.all()),
        product=Exists(Product.objects.all()),
        fact=Exists(Activity.objects.all()),
        reward=Exists(Reward.objects.filter(state=RewardState.PUBLISHED)),
        member=Exists(Member.objects.all()),
        member_invited=Exists(Invitation.objects.exclude(account=None)),
        staff=Exists(Staff.objects.all()[1:]),
        staff_invited=Exists(Invitation.objects.filter(account=None)),
        key=Exists(ApiKey.objects.filter(revoked_at=None)),
    )
    return Guide([*_program(there, tenant), *_business(there), *_people(there)])


def _program(there: dict[str, bool], tenant: Tenant) -> list[Step]:
    usual = Tenant._meta.get_field("brand_color").default
    return [
        Step(
            _("Check what earns"),
            _("A new workspace begins with a point for each 1.00 of every purchase."),
            reverse("console_rules"),
            there["rule"],
            is_needed=True,
        ),
        Step(
            _("Check your tiers"),
            _("A new workspace begins with three, by what is bought in a quarter; eight other ways "
              "to rank are ready-made."),
            reverse("console_ladders"),
            there["ladder"],
            is_needed=True,
        ),
        Step(
            _("Show your colors"),
            _("Your logo and color, on every page your partners see."),
            reverse("settings"),
            bool(tenant.logo_type) or tenant.brand_color != usual,
            is_needed=False,
        ),
    ]  # fmt: skip


def _business(there: dict[str, bool]) -> list[Step]:
    return [
        Step(
            _("Bring in your accounts"),
            _("The businesses that buy from you or sell for you, from a file of your ERP or CRM."),
            _import(ImportTarget.ACCOUNTS),
            there["account"],
            is_needed=True,
        ),
        Step(
            _("Bring in your products"),
            _("With their product lines, so that rules and tiers can ask for them."),
            _import(ImportTarget.PRODUCTS),
            there["product"],
            is_needed=False,
        ),
        Step(
            _("Bring in their purchases"),
            _("From a file, or through the API as they happen. From then on, points are earned."),
            _import(ImportTarget.ACTIVITIES),
            there["fact"],
            is_needed=True,
        ),
        Step(
            _("Put a reward on offer"),
            _("Points are worth what they buy: a credit note is made in a minute."),
            reverse("console_rewards"),
            there["reward"],
            is_needed=False,
        ),
    ]


def _people(there: dict[str, bool]) -> list[Step]:
    return [
        Step(
            _("Invite a partner"),
            _("A person at one account sees points, tier and the way to the next one."),
            reverse("member_invite"),
            there["member"] or there["member_invited"],
            is_needed=False,
        ),
        Step(
            _("Invite a colleague"),
            _("Finance approves, sales reps see their accounts, analysts read."),
            reverse("staff_invite"),
            there["staff"] or there["staff_invited"],
            is_needed=False,
        ),
        Step(
            _("Connect your systems"),
            _("With a key your ERP sends purchases as they happen."),
            reverse("keys"),
            there["key"],
            is_needed=False,
        ),
    ]


def _import(target: ImportTarget) -> str:
    return f"{reverse('console_import_new')}?target={target}"
