"""The public directory on a tenant's host: the same for everybody, kept in the cache and by
browsers.

What is kept bears the tenant (`accounts.tenancy.cache_key`), the directory's edition, which grows
with each change, the language and what was asked. A tier that moves shows within `FRESH` seconds.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.ids import uuid7
from accounts.throttle import allow
from loyalty.countries import country_choices
from loyalty.directory_data import as_json_ld, organization
from loyalty.file_answer import file_answer
from partners.directory.showing import Search, choices, found, listed
from partners.directory.terms import terms_of_tenant
from partners.leads.receiving import LONGEST, CannotReceive, NewLead, OtherLead, receive
from partners.models import DirectoryTerms, ProfileVersion

PER_PAGE = 24
FRESH = 300  # seconds
HOUR = 3600
# Letters in an hour. Whoever has many addresses to write from still floods neither a partner nor
# the people who deal with leads.
FROM_ONE_PLACE, TO_ONE_PARTNER, TO_ALL = 5, 50, 500
LONGEST_WISH = 80  # of a filter; longer ones find nothing, and fill no cache
SOURCE = "directory"
ACTOR = "visitor"


class ContactForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    company = forms.CharField(label=gettext_lazy("Your company"), max_length=LONGEST["company"])
    contact = forms.CharField(label=gettext_lazy("Your name"), max_length=LONGEST["contact"])
    email = forms.EmailField(label=gettext_lazy("Your e-mail"), max_length=254)
    phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=LONGEST["phone"], required=False
    )
    country = forms.ChoiceField(label=gettext_lazy("Country"), required=False)
    postcode = forms.CharField(
        label=gettext_lazy("Postcode"), max_length=LONGEST["postcode"], required=False
    )
    need = forms.CharField(
        label=gettext_lazy("What are you looking for?"),
        max_length=LONGEST["need"],
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"key": uuid7()})
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = country_choices()


@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    terms = _open_terms()
    search, page = _asked(request)

    def make() -> str:
        rows = listed(now=timezone.now())
        shown = Paginator(found(rows, search), PER_PAGE).get_page(page)
        context = _about(request, terms) | {
            "page": shown,
            "partners": shown.object_list,
            "search": search,
            "filters": _filters(choices(rows), search),
            "is_narrowed": any(asdict(search).values()),
        }
        return _rendered(request, "directory/list.html", context)

    return _kept(request, terms, f"list:{search}:{page}", make)


@require_safe
def partner(request: HttpRequest, slug: str) -> HttpResponse:
    terms = _open_terms()

    def make() -> str:
        one = _one(slug)
        here = request.build_absolute_uri(reverse("directory_partner", args=[slug]))
        logo = reverse("directory_logo", args=[slug]) if one.logo_id else ""
        logo_url = request.build_absolute_uri(logo) if logo else ""
        context = _about(request, terms) | {
            "one": one,
            "logo": logo,
            "data": as_json_ld(organization(one, url=here, logo_url=logo_url)),
        }
        return _rendered(request, "directory/partner.html", context)

    return _kept(request, terms, f"partner:{slug}", make)


@require_safe
def logo(request: HttpRequest, slug: str) -> HttpResponse:
    """As any file that was handed in: it can neither run nor load anything."""
    _open_terms()
    one = _one(slug)
    if one.logo is None:
        raise Http404
    response = file_answer(one.logo)
    response["Cache-Control"] = f"public, max-age={FRESH}"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, slug: str) -> HttpResponse:
    """What somebody writes to a partner is a lead, offered to that partner first."""
    terms = _open_terms()
    one = _one(slug)
    if not terms.takes_leads:
        raise Http404
    form = ContactForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        if why_not := _why_not(request, one):
            form.add_error(None, why_not)
            status = 429
        elif _receive(form, one):
            messages.success(request, _("It is on its way. Somebody will write to you."))
            return redirect("directory_contact", slug)
    if form.errors and status == 200:
        status = 422
    context = _about(request, terms) | {"one": one, "form": form}
    return render(request, "directory/contact.html", context, status=status)


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    terms = _open_terms()

    def make() -> str:
        slugs = listed(now=timezone.now()).values_list("profile__slug", flat=True)
        paths = [reverse("directory"), *(reverse("directory_partner", args=[s]) for s in slugs)]
        urls = [request.build_absolute_uri(path) for path in paths]
        return render_to_string("directory/sitemap.xml", {"urls": urls})

    return _kept(request, terms, "sitemap", make, content_type="application/xml; charset=utf-8")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Robots may read the directory where there is one, and nothing else."""
    lines = ["User-agent: *"]
    if terms_of_tenant().is_open:
        place = request.build_absolute_uri(reverse("sitemap"))
        lines += [f"Allow: {reverse('directory')}", "Disallow: /", f"Sitemap: {place}"]
    else:
        lines.append("Disallow: /")
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={FRESH}"
    return response


def _filters(offered: dict[str, list[str]], search: Search) -> list[tuple]:
    """(name, choices, the chosen one, label) of each filter that tells partners apart."""
    countries = dict(country_choices())
    labels = {
        "country": _("Country"),
        "city": _("City"),
        "specialization": _("Specialization"),
        "tier": _("Tier"),
    }
    chosen = asdict(search)
    return [
        (
            name,
            [(one, countries.get(one, one) if name == "country" else one) for one in offered[name]],
            chosen[name],
            label,
        )
        for name, label in labels.items()
        if len(offered[name]) > 1 or chosen[name]
    ]


def _open_terms() -> DirectoryTerms:
    terms = terms_of_tenant()
    if not terms.is_open:
        raise Http404
    return terms


def _one(slug: str) -> ProfileVersion:
    rows: QuerySet[ProfileVersion] = listed(now=timezone.now())
    return get_object_or_404(rows, profile__slug=slug)


def _asked(request: HttpRequest) -> tuple[Search, str]:
    said = {name: request.GET.get(name, "").strip() for name in asdict(Search())}
    page = request.GET.get("page", "")
    if any(len(text) > LONGEST_WISH or not text.isprintable() for text in (*said.values(), page)):
        raise Http404
    return Search(**said), page


def _about(request: HttpRequest, terms: DirectoryTerms) -> dict[str, Any]:
    title = terms.title or _("Our partners")
    return {"terms": terms, "directory_title": title, "takes_leads": terms.takes_leads}


def _rendered(request: HttpRequest, template: str, context: dict[str, Any]) -> str:
    """As a stranger sees it, whoever asks: what is kept must tell nobody's name."""
    stranger = copy(request)
    stranger.user, stranger.staff, stranger.members = AnonymousUser(), None, []
    stranger.viewing, stranger._messages = None, []
    return render_to_string(template, context, request=stranger)


def _kept(
    request: HttpRequest,
    terms: DirectoryTerms,
    what: str,
    make: Callable[[], str],
    *,
    content_type: str = "text/html; charset=utf-8",
) -> HttpResponse:
    """The page out of the cache, or made and kept; not sent again to whoever has it."""
    asked = sha256(f"{request.get_host()}:{get_language()}:{what}".encode()).hexdigest()
    key = f"directory:{terms.edition}:{asked}"
    page = cache.get(key)
    if page is None:
        page = make()
        cache.set(key, page, timeout=FRESH)
    response = HttpResponse(page, content_type=content_type)
    response["Cache-Control"] = f"public, max-age={FRESH // 5}"
    response["ETag"] = etag = quote_etag(sha256(page.encode()).hexdigest()[:32])
    return get_conditional_response(request, etag=etag, response=response) or response


def _why_not(request: HttpRequest, one: ProfileVersion) -> str:
    """Why no more letters are taken for now; "" where they are."""
    caller = str(get_adapter().get_client_ip(request))
    if not allow(what="directory", who=caller, times=FROM_ONE_PLACE, seconds=HOUR):
        return _("You wrote several times. Please wait an hour and try again.")
    profile = str(one.profile_id)
    if not allow(what="directory-partner", who=profile, times=TO_ONE_PARTNER, seconds=HOUR):
        return _("Very many people write to this partner. Please wait an hour and try again.")
    if not allow(what="directory-all", who="", times=TO_ALL, seconds=HOUR):
        return _("Very many people write to our partners. Please wait an hour and try again.")
    return ""


def _receive(form: ContactForm, one: ProfileVersion) -> bool:
    """Whether it was taken in; the form says what is in the way where it was not."""
    said = dict(form.cleaned_data)
    key = str(said.pop("key"))
    wanted = NewLead(source=SOURCE, external_id=key, wished=one.profile.account, **said)
    try:
        receive(wanted, actor=ACTOR, now=timezone.now())
    except CannotReceive as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    except OtherLead:
        form.add_error(None, _("This was sent before with other words. Please open the page anew."))
    return not form.errors
