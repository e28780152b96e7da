"""The way out of a kind of letters: by the letter's own link, without signing in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.notices import manners
from accounts.notices.kinds import KINDS
from accounts.notices.unsubscribing import LinkRefused, read_link


# Mail programs post the link themselves when their reader clicks (RFC 8058): they have no cookie
# and no token of ours. The link's own signature says who it is for and what it ends.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Asked for, a page with a button: programs that look into letters follow every link."""
    try:
        link = read_link(token, tenant_id=request.tenant.id)
    except LinkRefused:
        raise Http404 from None
    kinds = [KINDS[code] for code in link.kinds if code in KINDS]
    if request.method == "POST":
        kinds = manners.unsubscribe(user=link.user, kinds=link.kinds, now=timezone.now())
    context = {"kinds": kinds, "is_done": request.method == "POST"}
    return render(request, "notices/unsubscribe.html", context)
