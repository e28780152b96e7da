"""Accounts: all of them with what they have, and everything about one."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tables2 import RequestConfig

from accounts.enrolling import enroll
from accounts.models import Account, Enrollment, Event, Program
from accounts.models.imports import ImportTarget
from accounts.roles import staff_required
from accounts.viewing import VIEWERS
from loyalty.account_sheet import account_sheet, lately
from loyalty.console.account_table import AccountTable
from loyalty.console.adjustments import ADJUSTERS
from loyalty.console.bulk import Outcome, picked, say
from loyalty.console.happenings import happenings
from loyalty.console.list_page import PER_PAGE, elsewhere, list_context
from loyalty.listing import with_tidy_address
from loyalty.lists import ACCOUNTS
from loyalty.lists.listed import asked_in
from loyalty.programs import program_choice
from rewards.voice import voice_of
from tiers.queries import ladder_of

READERS = ("owner", "manager", "finance", "analyst")
MANAGERS = ("owner", "manager")
LAST_EVENTS = 10


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def account_list(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _enroll_many(request)
    if other := elsewhere(request, ACCOUNTS):
        return other
    choice = program_choice(request)
    if choice.chosen is None:
        return render(request, "console/no_program.html")
    now, program = timezone.now(), choice.chosen
    voice = voice_of(request.tenant, program.points_name)
    ladder = ladder_of(program_id=program.id, as_of=now)
    found = ACCOUNTS.find(asked_in(request, now=now))
    may_change = request.staff.role in MANAGERS
    table = AccountTable(found.rows, voice=voice, ladder=ladder, may_pick=may_change)
    RequestConfig(request, paginate={"per_page": PER_PAGE}).configure(table)
    table.tell_ways(program_id=program.id, as_of=now)
    context = list_context(request, ACCOUNTS, found) | {
        "choice": choice,
        "table": table,
        "count": table.page.paginator.count,
        "may_import": may_change,
        "import_url": f"{reverse('console_import_new')}?target={ImportTarget.ACCOUNTS}",
        "voice": voice,
    }
    return with_tidy_address(request, render(request, "console/accounts.html", context))


def _enroll_many(request: HttpRequest) -> HttpResponse:
    """Those picked, from now on; who is in already stays as they are."""
    if request.staff.role not in MANAGERS:
        raise Http404
    choice, ids, now = program_choice(request), picked(request), timezone.now()
    if choice.chosen is None:
        raise Http404
    program = choice.chosen
    there = Account.objects.filter(id__in=ids)
    names = dict(there.order_by("name", "id").values_list("id", "name"))
    inside = set(
        Enrollment.objects.filter(program=program, account_id__in=names).values_list(
            "account_id", flat=True
        )
    )
    enroll(
        program=program,
        account_ids=sorted(names.keys() - inside),
        enrolled_at=now,
        recorded_at=now,
        actor=request.staff.actor,
    )
    outcome = Outcome(
        done=[name for key, name in names.items() if key not in inside],
        refused=[
            (name, _("it is in %(program)s already.") % {"program": program.name})
            for key, name in names.items()
            if key in inside
        ],
    )
    say(request, outcome, done=_("in %(program)s from now on") % {"program": program.name})
    return HttpResponseRedirect(request.get_full_path())


@require_safe
@staff_required(*READERS)
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    found = get_object_or_404(Account.objects.select_related("rep", "parent"), id=account_id)
    context = account_sheet(found, tenant=request.tenant, as_of=timezone.now())
    context |= lately(found, voice=context["voice"])
    events = Event.objects.filter(account=found).order_by("-occurred_at", "-id")[:LAST_EVENTS]
    context["may_state"] = True  # the field shows the same sheet, and has no such page
    context["may_adjust"] = request.staff.role in ADJUSTERS
    context["happenings"] = happenings(events, voice=context["voice"])
    context["may_change"] = request.staff.role in MANAGERS
    context["may_view"] = request.staff.role in VIEWERS
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
        messages.success(
            request,
            _("%(account)s is in %(program)s from now on.")
            % {"account": found.name, "program": program.name},
        )
    else:
        messages.info(
            request,
            _("%(account)s is in %(program)s already.")
            % {"account": found.name, "program": program.name},
        )
    return redirect("console_account", account_id=found.id)
