"""Points passed on within an account: whose, to whom and how many, then a last look."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.models import Enrollment, Member
from accounts.roles import member_required
from loyalty.portal.enrollments import own_enrollment
from loyalty.portal.points import OWN
from loyalty.portal.rewards import member_at
from loyalty.portal.transfer_form import Purse, TransferForm
from rewards import queries
from rewards.correction_terms import terms_of
from rewards.models import Transfer, Unit, Wallet
from rewards.payouts import KINDLY
from rewards.transferring import TransferRefused, purses_of, transfer_points
from rewards.voice import Voice, voice_of

NOT_ALLOWED = _("This program does not allow points to be passed on.")
LOOKS_ONLY = _("Viewers look only: a colleague can pass points on.")


@require_http_methods(["GET", "HEAD", "POST"])
@member_required()
def transfer(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    """Fill in (GET), look at it once more (POST), and confirm (POST with `step=confirm`)."""
    desk = _desk(request, enrollment_id)
    if desk.closed:
        status = 422 if request.method == "POST" else 200
        return render(request, "portal/transfer.html", desk.context, status=status)
    if request.method != "POST":
        return _page(request, desk, _form(desk))
    step = request.POST.get("step")
    if step == "change":
        return _page(request, desk, _form(desk, initial=request.POST.dict()))
    form = _form(desk, request.POST)
    if step == "confirm" and _is_done(form, desk.member):
        return redirect("portal_entries", desk.enrollment.pk)
    if not form.is_valid():
        return _page(request, desk, form, status=422)
    return _move(request, desk, form) if step == "confirm" else _confirm(request, desk, form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who passes on at which account; `closed` says why they cannot, or is empty."""

    enrollment: Enrollment
    enrollments: list[Enrollment]
    member: Member
    voice: Voice
    closed: str
    purses: list[Purse]

    @property
    def context(self) -> dict[str, Any]:
        return {
            "enrollment": self.enrollment,
            "enrollments": self.enrollments,
            "voice": self.voice,
            "closed": self.closed,
        }


def _desk(request: HttpRequest, enrollment_id: UUID) -> Desk:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    member = member_at(request, enrollment)
    holders = purses_of(member)
    wallets = queries.wallets_for(program_id=enrollment.program_id, member=member)
    is_allowed = terms_of(enrollment.program_id).transfers
    return Desk(
        enrollment=enrollment,
        enrollments=enrollments,
        member=member,
        voice=voice_of(request.tenant, enrollment.program.points_name),
        closed=_closed(request, is_allowed=is_allowed, may_give=bool(holders)),
        purses=[_purse(holder, wallets[holder].get(Unit.POINTS)) for holder in holders],
    )


def _closed(request: HttpRequest, *, is_allowed: bool, may_give: bool) -> str:
    if not is_allowed:
        return str(NOT_ALLOWED)
    if not may_give:
        return str(LOOKS_ONLY)
    return f"{KINDLY}." if request.tenant.payouts_stopped_at else ""


def _purse(holder: UUID | None, wallet: Wallet | None) -> Purse:
    return Purse(holder, wallet.available if wallet else 0)


def _form(desk: Desk, data: Any = None, **more: Any) -> TransferForm:
    people = Member.objects.filter(account=desk.enrollment.account, is_active=True)
    takers = [
        (
            person.pk,
            gettext("%(name)s (you)") % {"name": person.name}
            if person.pk == desk.member.pk
            else person.name,
        )
        for person in people.order_by("name", "id")
    ]
    return TransferForm(
        data,
        purses=desk.purses,
        takers=takers,
        account=desk.enrollment.account.name,
        voice=desk.voice,
        **more,
    )


def _page(
    request: HttpRequest, desk: Desk, form: TransferForm, *, status: int = 200
) -> HttpResponse:
    context = desk.context | {"form": form}
    return render(request, "portal/transfer.html", context, status=status)


def _confirm(request: HttpRequest, desk: Desk, form: TransferForm) -> HttpResponse:
    amount = form.cleaned_data["amount"]
    context = desk.context | {
        "hidden": form.hidden(),
        "amount": amount,
        "purse": form.purse,
        "after": form.purse.available - amount,
        "taker": form.taker_name,
        "reason": form.cleaned_data["reason"],
    }
    return render(request, "portal/transfer_confirm.html", context)


def _is_done(form: TransferForm, member: Member) -> bool:
    """Whether this very form was confirmed before: sent twice, it is answered twice."""
    form.full_clean()
    identity = form.cleaned_data.get("identity")
    return Transfer.objects.filter(command=identity, actor=member.actor).exists()


def _move(request: HttpRequest, desk: Desk, form: TransferForm) -> HttpResponse:
    made, giver_id = form.cleaned_data, form.purse.holder
    try:
        transfer_points(
            program_id=desk.enrollment.program_id,
            account_id=desk.enrollment.account_id,
            giver_id=giver_id,
            taker_id=form.taker_id,
            amount=made["amount"],
            command=made["identity"],
            reason=made["reason"].strip(),
            actor=desk.member.actor,
            now=timezone.now(),
            asked_by=desk.member,
        )
    except TransferRefused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, desk, form, status=409)
    points = desk.voice.amount(made["amount"], "points")
    said = gettext("{points} passed on to {name}.")
    messages.success(request, said.format(points=points, name=form.taker_name))
    whose = f"?whose={OWN}" if giver_id else ""
    return redirect(reverse("portal_entries", args=[desk.enrollment.pk]) + whose)
