"""The console's list of letters: which went out, which wait, and why some did not arrive."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Letter
from accounts.models.notice import LetterState
from accounts.models.people import StaffRole
from accounts.roles import staff_required
from rewards.voice import voice_of

PER_PAGE = 50
TONES = {LetterState.SENT: "good", LetterState.FAILED: "bad"}


@require_safe
@staff_required(StaffRole.OWNER, StaffRole.MANAGER)
def letters(request: HttpRequest) -> HttpResponse:
    found = Letter.objects.select_related("user").order_by("-created_at", "-id")
    state = request.GET.get("state", "")
    if state in LetterState.values:
        found = found.filter(state=state)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(letter, TONES.get(LetterState(letter.state), "")) for letter in page],
        "states": LetterState.choices,
        "state": state,
        "voice": voice_of(request.tenant),
    }
    return render(request, "notices/letters.html", context)
