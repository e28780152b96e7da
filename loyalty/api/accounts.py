"""Accounts through the API: tier, balances and progress, for the CRM beside the record."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account, Enrollment
from loyalty.api.document import documented, example
from loyalty.api.edge import Edge
from loyalty.api.filters import Text, narrowed, parameters
from loyalty.api.pages import page
from loyalty.api.progress import STEP, StepShape, next_step
from loyalty.ladders import leading_progress
from rewards.models import Unit, Wallet
from tiers.progress import Progress

FILTERS = (
    Text("number", "number", "The account with this number.", 64),
    Text("domain", "domain", "Accounts with this mail domain.", 120),
    Text("region", "region", "Accounts of this region.", 80),
    Text("vertical", "vertical", "Accounts of this industry.", 80),
    Text("partner_type", "partner_type", "Accounts of this partner type.", 80),
    Text("parent", "parent__number", "Accounts below the one with this number.", 64),
)


class ProgramShape(serializers.Serializer):
    program = serializers.CharField()
    state = serializers.CharField(help_text="invited, active, paused or left.")
    tier = serializers.CharField(allow_null=True)
    tier_since = serializers.DateTimeField(allow_null=True)
    points_available = serializers.IntegerField()
    points_pending = serializers.IntegerField()
    status_credits = serializers.IntegerField()
    next_tier = StepShape(allow_null=True)


class BalanceShape(serializers.Serializer):
    program = serializers.CharField()
    unit = serializers.CharField(help_text="points or credits.")
    available = serializers.IntegerField(help_text="Below zero while the account is in debt.")
    pending = serializers.IntegerField(help_text="Earned, and not yet ready to use.")
    reserved = serializers.IntegerField(help_text="Set aside for redemptions.")


class AccountShape(serializers.Serializer):
    number = serializers.CharField()
    name = serializers.CharField()
    domain = serializers.CharField(allow_blank=True)
    country = serializers.CharField(allow_blank=True)
    region = serializers.CharField(allow_blank=True)
    vertical = serializers.CharField(allow_blank=True)
    partner_type = serializers.CharField(allow_blank=True)
    parent = serializers.CharField(allow_null=True, help_text="The number of the account above.")
    programs = ProgramShape(many=True)
    balances = BalanceShape(many=True, help_text="The account's own, per program and unit.")


SHOWN = {
    "number": "D-1",
    "name": "Dealer One",
    "domain": "dealer-one.example",
    "country": "US",
    "region": "West",
    "vertical": "Retail",
    "partner_type": "Reseller",
    "parent": None,
    "programs": [
        {
            "program": "rewards",
            "state": "active",
            "tier": "Silver",
            "tier_since": "2026-01-01T05:00:00Z",
            "points_available": 1240,
            "points_pending": 100,
            "status_credits": 0,
            "next_tier": STEP,
        }
    ],
    "balances": [
        {"program": "rewards", "unit": "points", "available": 1240, "pending": 100, "reserved": 0}
    ],
}


class AccountsView(Edge):
    """Accounts, by their numbers."""

    scopes = {"GET": "accounts:read"}

    @documented(
        "list_accounts",
        "Accounts with their tiers and balances, ordered by number",
        answers={200: AccountShape},
        parameters=parameters(FILTERS),
        examples=[example("Dealer One", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request) -> Response:
        rows = Account.objects.filter(**narrowed(request, FILTERS)).select_related("parent")
        now = timezone.now()
        return page(
            request,
            rows,
            by=("number",),
            shape=lambda found: _shapes(found, as_of=now),
        )


class AccountView(Edge):
    """One account, by its number."""

    scopes = {"GET": "accounts:read"}

    @documented(
        "read_account",
        "An account's tier, balances and progress, per program",
        answers={200: AccountShape},
        problems=(400, 404),
        examples=[example("Dealer One", SHOWN)],
    )
    def get(self, request: Request, number: str) -> Response:
        narrowed(request, (), pages=False)
        account = get_object_or_404(Account.objects.select_related("parent"), number=number)
        (shape,) = _shapes([account], as_of=timezone.now())
        return Response(shape)


def _shapes(accounts: Sequence[Account], *, as_of: datetime) -> list[dict[str, Any]]:
    """In as many queries for one account as for a page of them."""
    enrolled: dict[UUID, list[Enrollment]] = defaultdict(list)
    held: dict[UUID, dict[tuple[str, str], Wallet]] = defaultdict(dict)
    enrollments = Enrollment.objects.filter(account__in=accounts).select_related("program")
    for enrollment in enrollments.order_by("program__slug"):
        enrolled[enrollment.account_id].append(enrollment)
    wallets = Wallet.objects.filter(account__in=accounts, member=None).select_related("program")
    for wallet in wallets.order_by("program__slug", "unit"):
        held[wallet.account_id][wallet.program.slug, wallet.unit] = wallet
    ids = [one.pk for some in enrolled.values() for one in some]
    progress = leading_progress(ids, as_of=as_of)
    return [
        _about(account)
        | {
            "programs": [
                _program(one, held[account.pk], progress.get(one.pk))
                for one in enrolled[account.pk]
            ],
            "balances": [_balance(wallet) for wallet in held[account.pk].values()],
        }
        for account in accounts
    ]


def _about(account: Account) -> dict[str, Any]:
    names = ("number", "name", "domain", "country", "region", "vertical", "partner_type")
    parent = account.parent.number if account.parent else None
    return {name: getattr(account, name) for name in names} | {"parent": parent}


def _balance(wallet: Wallet) -> dict[str, Any]:
    return {
        "program": wallet.program.slug,
        "unit": wallet.unit,
        "available": wallet.available,
        "pending": wallet.pending,
        "reserved": wallet.reserved,
    }


def _program(
    enrollment: Enrollment, wallets: dict[tuple[str, str], Wallet], progress: Progress | None
) -> dict[str, Any]:
    slug = enrollment.program.slug
    points = wallets.get((slug, Unit.POINTS), Wallet())
    credits = wallets.get((slug, Unit.CREDITS), Wallet())
    return {
        "program": slug,
        "state": enrollment.state,
        "tier": progress.held.name if progress else None,
        "tier_since": progress.since if progress else None,
        "points_available": points.available,
        "points_pending": points.pending,
        "status_credits": credits.available,
        "next_tier": next_step(progress) if progress else None,
    }
