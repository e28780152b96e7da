"""Accounts through the API: tier, balances and progress, for the CRM beside the record."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account, Enrollment
from loyalty.api.edge import Edge
from loyalty.api.shapes import AccountShape, ProblemShape
from rewards.models import Unit, Wallet
from tiers.progress import Progress, progress_of_all


class AccountView(Edge):
    """One account, by its number."""

    scopes = {"GET": "accounts:read"}

    @extend_schema(
        operation_id="read_account",
        summary="An account's tier, balances and progress, per program",
        responses={
            200: AccountShape,
            (401, "application/problem+json"): ProblemShape,
            (403, "application/problem+json"): ProblemShape,
            (404, "application/problem+json"): ProblemShape,
        },
    )
    def get(self, request: Request, number: str) -> Response:
        account = get_object_or_404(Account, number=number)
        enrollments = Enrollment.objects.filter(account=account).select_related("program")
        enrollments = list(enrollments.order_by("program__slug"))
        progress = progress_of_all(
            [enrollment.pk for enrollment in enrollments],
            as_of=timezone.now(),
            zone=request.tenant.zone,
        )
        wallets = {
            (wallet.program_id, wallet.unit): wallet
            for wallet in Wallet.objects.filter(account=account, member=None)
        }
        return Response(
            {
                "number": account.number,
                "name": account.name,
                "programs": [
                    _program(enrollment, wallets, progress.get(enrollment.pk))
                    for enrollment in enrollments
                ],
            }
        )


def _program(
    enrollment: Enrollment, wallets: dict[Any, Wallet], progress: Progress | None
) -> dict[str, Any]:
    points = wallets.get((enrollment.program_id, Unit.POINTS), Wallet())
    credits = wallets.get((enrollment.program_id, Unit.CREDITS), Wallet())
    return {
        "program": enrollment.program.slug,
        "tier": progress.tier.name if progress else None,
        "tier_since": progress.since if progress else None,
        "points_available": points.available,
        "points_pending": points.pending,
        "status_credits": credits.available,
        "next_tier": _next_tier(progress) if progress else None,
    }


def _next_tier(progress: Progress) -> dict[str, Any] | None:
    if progress.next_tier is None:
        return None
    return {
        "name": progress.next_tier.name,
        "threshold": progress.next_tier.threshold,
        "missing": progress.missing,
        "percent": progress.percent,
        "by": progress.by,
    }
