"""A rep's own accounts: who is worth a call, and what to say."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Case, F, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import Account
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.account_sheet import InProgram, account_sheet
from loyalty.deal_words import DealWords, deal_words
from loyalty.field.bands import near_bands
from loyalty.field.calls import Call, calls
from loyalty.field.chances import open_referrals, open_spiffs
from loyalty.field.worth import cheapest, with_worth
from loyalty.fund_words import FundWords, fund_words
from loyalty.lead_words import LeadWords, lead_words
from loyalty.listing import address_without, tidy_redirect
from loyalty.measure_words import measure_words
from loyalty.plan_words import GoalWords, progress_words
from loyalty.programs import program_choice
from loyalty.reward_words import OfferWords, best_of, offered_to
from loyalty.rosters import found_by, roster, with_expiring
from loyalty.support_words import SupportWords, support_words
from loyalty.survey_words import answer_text
from loyalty.timeline import read_place, timeline
from loyalty.training_words import CertificateWords, certificate_words, certificates_of
from partners.deals.conflicts import OPEN
from partners.models import BUSY, Deal, Fund, Lead, Plan, SupportRequest
from partners.surveys.results import last_of
from rewards.voice import Voice, voice_of
from tiers.ladders import Ladder
from tiers.queries import ladder_of

CALLERS = ("rep", "owner", "manager")
PER_PAGE = 50
MOST_DEALS = 20
MOST_PLANS = 3
MOST_CERTIFICATES = 20


@dataclass(frozen=True, slots=True)
class Sort:
    label: str | Promise
    order: tuple
    needs_tiers: bool = False


SORTS = {
    "worth": Sort(_("Worth a call"), (F("worth").desc(),)),
    "near": Sort(_("Nearest to the next tier"), (F("way").desc(nulls_last=True),), True),
    "expiring": Sort(_("Most points expiring"), (F("soon").desc(),)),
    "points": Sort(_("Most points"), (F("available").desc(),)),
    "name": Sort(_("Name"), ()),
}


@require_safe
@staff_required(*CALLERS)
def account_list(request: HttpRequest) -> HttpResponse:
    if tidy := tidy_redirect(request):
        return tidy
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "field/no_program.html")
    now = timezone.now()
    voice = voice_of(request.tenant, choice.chosen.points_name)
    ladder = ladder_of(program_id=choice.chosen.id, as_of=now)
    least = cheapest(choice.chosen.id)
    bands = _bands(request, choice.chosen.id, voice, as_of=now)
    rows = _rows(request, choice.chosen.id, ladder, least, bands, as_of=now)
    words = request.GET.get("q", "").strip()
    rows = found_by(rows, words) if words else rows
    sorts = {key: sort for key, sort in SORTS.items() if ladder or not sort.needs_tiers}
    sort = request.GET.get("sort", "")
    sort = sort if sort in sorts else next(iter(sorts))
    nearest = SORTS["near"].order if ladder and sort == "worth" else ()
    ordered = rows.order_by(*sorts[sort].order, *nearest, "name", "id")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "choice": choice,
        "voice": voice,
        "page": page,
        "calls": calls(
            list(page.object_list),
            program_id=choice.chosen.id,
            least=least,
            bands=bands,
            voice=voice,
            as_of=now,
        ),
        "sorts": [(key, offered.label) for key, offered in sorts.items()],
        "sort": sort,
        "words": words,
        "clear_url": address_without(request, "q"),
    }
    return render(request, "field/accounts.html", context)


def _rows(
    request: HttpRequest,
    program_id: UUID,
    ladder: Ladder | None,
    least: int | None,
    bands: Collection[UUID],
    *,
    as_of: datetime,
) -> QuerySet[Account]:
    """The rep's own accounts with all that a call is made of."""
    rows = roster(program_id=program_id, ladder=ladder, as_of=as_of)
    rows = _own(with_expiring(rows, as_of=as_of), request)
    return with_worth(
        rows,
        has_tiers=ladder is not None,
        least=least,
        near_bands=bands,
        as_of=as_of,
        zone=request.tenant.zone,
    )


def _bands(
    request: HttpRequest, program_id: UUID, voice: Voice, *, as_of: datetime
) -> dict[UUID, str]:
    """The rep's accounts that are near the next band of an agreement, in words."""
    return near_bands(rep_id=request.staff.id, program_id=program_id, voice=voice, as_of=as_of)


def _own(accounts: QuerySet[Account], request: HttpRequest) -> QuerySet[Account]:
    """A rep's second wall: whatever the page, only accounts they are responsible for."""
    return accounts.filter(rep_id=request.staff.id)


@require_safe
@staff_required(*CALLERS)
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    own = _own(Account.objects.select_related("rep", "parent"), request)
    found = get_object_or_404(own, id=account_id)
    now = timezone.now()
    context = account_sheet(found, tenant=request.tenant, as_of=now)
    context["reachable"] = [
        (in_program, best)
        for in_program in context["programs"]
        if (best := _best(found, in_program, request, as_of=now))
    ]
    context["says"] = [
        (in_program, call)
        for in_program in context["programs"]
        if (call := _call(found, in_program, request, as_of=now)).say
    ]
    place = read_place(request.GET.get("before", ""))
    context["timeline"] = timeline(found, voice=context["voice"], before=place)
    context["is_older"] = place is not None
    context["certificates"] = _certificates(found, today=day_of(now, request.tenant.zone))
    context["deals"] = _open_deals(found, today=day_of(now, request.tenant.zone))
    context["support"] = _open_support(found, today=day_of(now, request.tenant.zone))
    context["plans"] = _running_plans(found, request, now=now)
    context["last_answer"] = last_of(found)
    context["last_answer_text"] = (
        answer_text(context["last_answer"]) if context["last_answer"] else ""
    )
    context["funds"] = _open_funds(found, today=day_of(now, request.tenant.zone))
    context["leads"] = _open_leads(found, now=now)
    context["referrals"] = open_referrals(found, voice=context["voice"])
    context["spiffs"] = open_spiffs(
        [one.enrollment.program_id for one in context["programs"]],
        today=day_of(now, request.tenant.zone),
        voice=context["voice"],
    )
    return render(request, "field/account.html", context)


def _open_funds(found: Account, *, today: date) -> list[FundWords]:
    """What is left of the account's funds, and until when."""
    theirs = Fund.objects.filter(
        account=found, granted__gt=F("expired") + F("committed") + F("paid")
    )
    funds = list(theirs.select_related("budget").order_by("budget__ends_on", "id")[:MOST_DEALS])
    return [words for words in fund_words(funds, today=today) if words.parts]


def _open_deals(found: Account, *, today: date) -> list[DealWords]:
    """What the account wants to win, those that end soonest first."""
    theirs = Q(reseller=found) | Q(distributor=found)
    deals = Deal.objects.filter(theirs, state__in=OPEN).order_by("exclusive_until", "id")
    return deal_words(deals[:MOST_DEALS], today=today)


def _running_plans(
    found: Account, request: HttpRequest, *, now: datetime
) -> list[tuple[Plan, list[GoalWords]]]:
    """What was agreed with the account and is not over, with how it goes."""
    zone = request.tenant.zone
    plans = Plan.objects.filter(account=found, ended_at=None, ends_on__gte=day_of(now, zone))
    some = list(plans.select_related("account").order_by("starts_on", "id")[:MOST_PLANS])
    words = measure_words(voice_of(request.tenant))
    told = progress_words(some, words=words, zone=zone, now=now)
    return [(plan, told[plan.pk]) for plan in some if told[plan.pk]]


def _open_support(found: Account, *, today: date) -> list[SupportWords]:
    """What the account has asked for and waits for, the longest waiting first."""
    open_ = SupportRequest.objects.filter(account=found, state__in=("asked", "taken"))
    open_ = open_.select_related("type", "assigned").order_by("asked_at", "id")
    return support_words(open_[:MOST_DEALS], today=today)


def _certificates(found: Account, *, today: date) -> list[CertificateWords]:
    """What its people hold now, those that end soonest first: who is about to lose one."""
    return certificate_words(certificates_of(found)[:MOST_CERTIFICATES], today=today)


def _open_leads(found: Account, *, now: datetime) -> list[LeadWords]:
    """What it has to accept or works on, those first that must be accepted soonest."""
    leads = Lead.objects.filter(account=found, state__in=BUSY).order_by("answer_by", "id")
    return lead_words(leads[:MOST_DEALS], now=now)


@require_safe
@staff_required(*CALLERS)
def from_crm(request: HttpRequest, crm_id: str) -> HttpResponse:
    """The account that a CRM knows by `crm_id`, for a link there: it is the account's attribute
    `crm_id`, or its number where the CRM has that."""
    own = _own(Account.objects.all(), request)
    named = own.filter(Q(attributes__crm_id=crm_id) | Q(number=crm_id))
    # An attribute is no key: of several the one that is meant is the one whose number it is.
    found = named.order_by(Case(When(number=crm_id, then=0), default=1), "number").first()
    if found is None:
        return render(request, "field/unknown_crm.html", {"crm_id": crm_id}, status=404)
    return redirect("field_account", account_id=found.id)


def _best(
    found: Account, in_program: InProgram, request: HttpRequest, *, as_of: datetime
) -> list[OfferWords]:
    """What to tell them they can have, or nearly, for the account's points."""
    offered = offered_to(
        account=found,
        member=None,
        program_id=in_program.enrollment.program_id,
        tenant=request.tenant,
        as_of=as_of,
        voice=in_program.voice,
    )
    return best_of(offered)


def _call(found: Account, in_program: InProgram, request: HttpRequest, *, as_of: datetime) -> Call:
    """The account as the list of the program has it: why to call, and what to say."""
    program_id = in_program.enrollment.program_id
    ladder, least = ladder_of(program_id=program_id, as_of=as_of), cheapest(program_id)
    bands = _bands(request, program_id, in_program.voice, as_of=as_of)
    rows = _rows(request, program_id, ladder, least, bands, as_of=as_of).filter(pk=found.pk)
    [call] = calls(
        list(rows),
        program_id=program_id,
        least=least,
        bands=bands,
        voice=in_program.voice,
        as_of=as_of,
    )
    return call
