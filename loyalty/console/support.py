"""Support that partners ask for: the list, one with all that was said, and the kinds there are."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.events import events_about
from accounts.models import Staff
from accounts.models.people import StaffRole
from accounts.periods import day_of
from accounts.roles import staff_required
from loyalty.console.happenings import actor_names
from loyalty.listing import tidy_redirect
from loyalty.support_words import support_steps, support_words
from partners.models import SupportRequest, SupportState, SupportType
from partners.support import caring
from partners.support.caring import NotNow
from partners.support.types import MOST, BadType, Terms, add_type, change_type
from rewards.voice import voice_of

READERS = ("owner", "manager", "finance", "analyst")
CARERS = ("owner", "manager")
PER_PAGE = 50
TERMS = tuple(Terms.__dataclass_fields__)


class TypeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    code = forms.SlugField(
        label=gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy(
            "Tiers give it as an entitlement of this code: a number for each quarter, or true for "
            "no limit."
        ),
    )
    says = forms.CharField(label=gettext_lazy("What it is"), max_length=300, required=False)
    each_quarter = forms.IntegerField(
        label=gettext_lazy("In each quarter for everybody"),
        min_value=0,
        max_value=MOST,
        help_text=gettext_lazy("0: only for tiers that give it."),
    )
    is_active = forms.BooleanField(
        label=gettext_lazy("Partners can ask for it"), required=False, initial=True
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["code"]

    def terms(self) -> Terms:
        return Terms(**{name: self.cleaned_data[name] for name in TERMS})


@require_safe
@staff_required(*READERS)
def request_list(request: HttpRequest) -> HttpResponse:
    if tidy := tidy_redirect(request):
        return tidy
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    if state and state not in SupportState:
        raise Http404
    found = SupportRequest.objects.select_related("account", "type", "assigned")
    if state:
        found = found.filter(state=state)
    if words:
        found = found.filter(Q(subject__icontains=words) | Q(account__name__icontains=words))
    page = Paginator(found.order_by("-asked_at", "-id"), PER_PAGE).get_page(request.GET.get("page"))
    counts = dict(SupportRequest.objects.order_by().values_list("state").annotate(Count("id")))
    today = day_of(timezone.now(), request.tenant.zone)
    context = {
        "page": page,
        "rows": support_words(page.object_list, today=today),
        "state": state,
        "words": words,
        "states": [(value, label, counts.get(value, 0)) for value, label in SupportState.choices],
        "voice": voice_of(request.tenant),
    }
    return render(request, "console/support.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def support(request: HttpRequest, request_id: UUID) -> HttpResponse:
    found = get_object_or_404(
        SupportRequest.objects.select_related("account", "type", "member", "assigned", "deal"),
        pk=request_id,
    )
    may_care = request.staff.role in CARERS
    context: dict[str, Any] = {"typed": ""}
    if request.method == "POST" and may_care:
        context["typed"] = request.POST.get("note", "").replace("\x00", "")
        try:
            said = _act(request, found, note=context["typed"])
        except NotNow as refused:
            context["refused"] = str(refused)
        else:
            messages.success(request, said)
            return redirect("console_support_request", request_id)
    events = list(events_about(f"support:{found.pk}"))
    [words] = support_words([found], today=day_of(timezone.now(), request.tenant.zone))
    context |= {
        "found": found,
        "words": words,
        "steps": support_steps(events, names=actor_names({event.actor for event in events})),
        "carers": _carers(found) if may_care else [],
        "may_care": may_care,
        "is_own": caring.is_own(found, request.staff.actor),
        "voice": voice_of(request.tenant),
    }
    status = 422 if "refused" in context else 403 if request.method == "POST" else 200
    return render(request, "console/support_request.html", context, status=status)


def _carers(found: SupportRequest) -> QuerySet[Staff]:
    """Who may look after a request: who may do more than read; of the reps, the account's own."""
    staff = Staff.objects.filter(is_active=True).exclude(role=StaffRole.ANALYST)
    strangers = Q(role=StaffRole.REP) & ~Q(pk=found.account.rep_id)
    return staff.exclude(strangers).order_by("name", "id")


def _act(request: HttpRequest, found: SupportRequest, *, note: str) -> str:
    """Do what the button says. Raises NotNow."""
    about: dict[str, Any] = {"by": request.staff.actor, "now": timezone.now()}
    doing: dict[str, tuple[Callable[[], Any], str]] = {
        "take": (
            lambda: caring.take_on(found.pk, staff=_chosen(request, found), **about),
            _("%s is looked after."),
        ),
        "answer": (
            lambda: caring.answer(found.pk, text=note, **about),
            _("%s is answered; the partner reads it."),
        ),
        "close": (lambda: caring.close(found.pk, result=note, **about), _("%s is done.")),
        "decline": (
            lambda: caring.decline(found.pk, reason=note, **about),
            _("%s is declined; the partner reads why."),
        ),
    }
    if request.POST.get("action") not in doing:
        raise Http404
    do, said = doing[request.POST["action"]]
    do()
    return said % found.reference


def _chosen(request: HttpRequest, found: SupportRequest) -> Staff:
    """Who was chosen; whoever presses the button where nobody was."""
    text = request.POST.get("staff", "")
    if not text:
        return request.staff
    try:
        return _carers(found).get(pk=UUID(text))
    except (ValueError, Staff.DoesNotExist):
        raise NotNow(_("Choose somebody from the list.")) from None


@require_safe
@staff_required(*READERS)
def type_list(request: HttpRequest) -> HttpResponse:
    context = {
        "types": SupportType.objects.order_by("name", "id"),
        "may_edit": request.staff.role in CARERS,
    }
    return render(request, "console/support_types.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*CARERS)
def new_type(request: HttpRequest) -> HttpResponse:
    form = TypeForm(request.POST or None, is_new=True, initial={"each_quarter": 0})
    if request.method == "POST" and form.is_valid():
        try:
            made = add_type(
                code=form.cleaned_data["code"],
                terms=form.terms(),
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except BadType as bad:
            form.add_error(bad.field, str(bad))
        else:
            messages.success(request, _("“%s” is there.") % made.name)
            return redirect("console_support_types")
    status = 422 if form.errors else 200
    return render(request, "console/support_type.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*CARERS)
def edit_type(request: HttpRequest, type_id: UUID) -> HttpResponse:
    found = get_object_or_404(SupportType, pk=type_id)
    initial = {name: getattr(found, name) for name in TERMS}
    form = TypeForm(request.POST or None, is_new=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            change_type(found, form.terms(), actor=request.staff.actor, now=timezone.now())
        except BadType as bad:
            form.add_error(bad.field, str(bad))
        else:
            messages.success(request, _("“%s” is changed.") % form.cleaned_data["name"])
            return redirect("console_support_types")
    context = {"form": form, "support_type": found}
    status = 422 if form.errors else 200
    return render(request, "console/support_type.html", context, status=status)
