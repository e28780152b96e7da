"""Accounts: all of them with what they have, and everything about one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_tables2 import RequestConfig

from accounts.enrolling import enroll
from accounts.models import Account, Event, Program
from accounts.models.imports import ImportTarget
from accounts.roles import staff_required
from loyalty.account_sheet import account_sheet
from loyalty.console.account_table import AccountFilter, AccountTable
from loyalty.console.adjustments import ADJUSTERS
from loyalty.console.happenings import happenings
from loyalty.listing import address_without, chips, tidy_redirect, with_tidy_address
from loyalty.programs import program_choice
from loyalty.rosters import roster
from rewards.voice import voice_of
from tiers.queries import ladder_of

READERS = ("owner", "manager", "finance", "analyst")
MANAGERS = ("owner", "manager")
PER_PAGE = 50
LAST_EVENTS = 10


@require_safe
@staff_required(*READERS)
def account_list(request: HttpRequest) -> HttpResponse:
    if tidy := tidy_redirect(request):
        return tidy
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    now, program = timezone.now(), choice.chosen
    voice = voice_of(request.tenant, program.points_name)
    ladder = ladder_of(program_id=program.id, as_of=now)
    rows = roster(program_id=program.id, ladder=ladder, as_of=now)
    filters = AccountFilter(request.GET, queryset=rows, ladder=ladder)
    table = AccountTable(filters.qs, voice=voice, ladder=ladder)
    RequestConfig(request, paginate={"per_page": PER_PAGE}).configure(table)
    table.tell_ways(program_id=program.id, as_of=now)
    context = {
        "choice": choice,
        "filters": filters,
        "table": table,
        "chips": chips(request, filters.in_words()),
        "clear_url": address_without(request, *filters.form.fields),
        "may_import": request.staff.role in MANAGERS,
        "import_url": f"{reverse('console_import_new')}?target={ImportTarget.ACCOUNTS}",
        "voice": voice,
    }
    return with_tidy_address(request, render(request, "console/accounts.html", context))


@require_safe
@staff_required(*READERS)
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    found = get_object_or_404(Account.objects.select_related("rep", "parent"), id=account_id)
    context = account_sheet(found, tenant=request.tenant, as_of=timezone.now())
    events = Event.objects.filter(account=found).order_by("-occurred_at", "-id")[:LAST_EVENTS]
    context["may_state"] = True  # the field shows the same sheet, and has no such page
    context["may_adjust"] = request.staff.role in ADJUSTERS
    context["happenings"] = happenings(events, voice=context["voice"])
    context["may_change"] = request.staff.role in MANAGERS
    context["joinable"] = Program.objects.exclude(enrollments__account=found).order_by("name", "id")
    return render(request, "console/account.html", context)


@require_POST
@staff_required(*MANAGERS)
def enroll_account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """From now on; one that is enrolled already stays as it is."""
    found = get_object_or_404(Account, id=account_id)
    program = get_object_or_404(Program, slug=request.POST.get("program", ""))
    now = timezone.now()
    new = enroll(
        program=program,
        account_ids=[found.id],
        enrolled_at=now,
        recorded_at=now,
        actor=request.staff.actor,
    )
    if new:
        messages.success(request, f"{found.name} is in {program.name} from now on.")
    else:
        messages.info(request, f"{found.name} is in {program.name} already.")
    return redirect("console_account", account_id=found.id)
