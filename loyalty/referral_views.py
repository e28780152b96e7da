"""Where a link of somebody who refers leads: a form for who is referred, on the tenant's host.

Whoever fills it in learns nothing: the answer is the same whether they are new here or not.
"""

from allauth.account.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.periods import day_of
from accounts.throttle import allow
from loyalty.referral_form import ReferralForm
from partners.models import ReferralLink
from partners.referrals.referring import CannotRefer, OtherReferral, Referred, refer
from partners.referrals.terms import link_by, terms_of

HOUR = 3600
FROM_ONE_PLACE, OVER_ONE_LINK = 10, 100  # in an hour


@require_http_methods(["GET", "HEAD", "POST"])
def landing(request: HttpRequest, token: str) -> HttpResponse:
    link = link_by(token)
    terms = terms_of(link.program_id) if link else None
    if link is None or terms is None:
        raise Http404
    form = ReferralForm(request.POST or None, terms=terms, is_oneself=True)
    if request.method == "POST" and form.is_valid():
        if not _may(request, link):
            form.add_error(None, _("That was tried too often. Please wait a while, and try again."))
            return render(request, "front/referral.html", {"form": form, "link": link}, status=429)
        if _kept(form, link, request):
            return redirect("referral_thanks")
    status = 422 if form.errors else 200
    return render(request, "front/referral.html", {"form": form, "link": link}, status=status)


@require_http_methods(["GET", "HEAD"])
def thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "front/referral_thanks.html")


def _kept(form: ReferralForm, link: ReferralLink, request: HttpRequest) -> bool:
    now = timezone.now()
    wanted = Referred(
        program=link.program,
        account=link.member.account,
        member=link.member,
        link=link,
        actor=f"link:{link.pk}",
        **form.said(),
    )
    try:
        refer(wanted, today=day_of(now, request.tenant.zone), now=now)
    except CannotRefer as refused:
        form.refuse(str(refused), refused.field)
    except OtherReferral as refused:
        form.add_error(None, str(refused))
    return not form.errors


def _may(request: HttpRequest, link: ReferralLink) -> bool:
    caller = str(get_adapter().get_client_ip(request))
    return allow(what="referral", who=caller, times=FROM_ONE_PLACE, seconds=HOUR) and allow(
        what="referral-link", who=str(link.pk), times=OVER_ONE_LINK, seconds=HOUR
    )
