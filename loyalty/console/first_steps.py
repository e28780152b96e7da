"""What a new workspace does first, until the first fact is in."""

from dataclasses import dataclass

from django.urls import reverse

from accounts.models import Account, Activity, Invitation, Member, Product
from accounts.models.imports import ImportTarget


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    text: str
    url: str
    is_done: bool


def first_steps() -> list[Step]:
    """None once anything has been earned or could have been: the numbers speak from then on."""
    if Activity.objects.exists():
        return []
    return [
        Step(
            "Bring in your accounts",
            "The businesses that buy from you or sell for you, from a file of your ERP or CRM.",
            _import(ImportTarget.ACCOUNTS),
            Account.objects.exists(),
        ),
        Step(
            "Bring in your products",
            "With their product lines, so that rules and tiers can ask for them.",
            _import(ImportTarget.PRODUCTS),
            Product.objects.exists(),
        ),
        Step(
            "Invite a partner",
            "A person at one account sees points, tier and the way to the next one.",
            reverse("member_invite"),
            Member.objects.exists() or Invitation.objects.exclude(account=None).exists(),
        ),
        Step(
            "Bring in their purchases",
            "From a file, or through the API as they happen. From then on, points are earned.",
            _import(ImportTarget.ACTIVITIES),
            False,
        ),
    ]


def _import(target: ImportTarget) -> str:
    return f"{reverse('console_import_new')}?target={target}"
