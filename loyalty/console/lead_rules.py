"""The rules by which leads are given out: written, put in order, tried out on a made-up lead."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import Account
from accounts.roles import staff_required
from loyalty.countries import country_choices
from loyalty.form_sections import SectionedForm
from loyalty.lead_forms import LimitForm, lines_of
from loyalty.lead_words import MISFITS, against_words, point_words
from partners.leads.desk import Desk, NotNow, explained, rules_in_order, terms_of_tenant
from partners.leads.limits import set_limit
from partners.leads.rules import (
    BOUNDS,
    LISTS,
    NAMES,
    BadRule,
    Ruling,
    add_rule,
    change_rule,
    said_of,
    set_terms,
)
from partners.models import Lead, LeadLimit, LeadPool, LeadRule, Method
from tiers.models import Tier

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = ("owner", "manager")
MOST_SHOWN = 50
MANY = (*LISTS, "accounts")


def _bounded(name: str, label: Any, text: Any = "") -> forms.IntegerField:
    least, most = BOUNDS[name]
    return forms.IntegerField(label=label, min_value=least, max_value=most, help_text=text)


class TermsForm(forms.Form):
    answer_hours = _bounded("answer_hours", gettext_lazy("Hours to accept a lead"))
    most_open = _bounded(
        "most_open",
        gettext_lazy("Open leads of a partner at most"),
        gettext_lazy("A partner can choose less; single partners get another limit below."),
    )
    silent_days = _bounded("silent_days", gettext_lazy("Days without news until a reminder"))


class OneLimitForm(LimitForm):
    account = forms.CharField(label=gettext_lazy("Account number"), max_length=64)
    field_order = ("account", "most")


def _values(label: Any, text: Any = "") -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
    about: dict[str, Any] = {"required": False, "max_length": 20_000, "widget": area}
    return forms.CharField(label=label, help_text=text, **about)


class RuleForm(SectionedForm):
    SECTIONS = (
        (gettext_lazy("The rule"), ("name", "position", "method", "is_active")),
        (gettext_lazy("Which leads"), ("countries", "regions", "postcodes", "lines")),
        (gettext_lazy("Which partners"), ("partner_types", "accounts")),
        (
            gettext_lazy("What they must have"),
            (
                "tier_code",
                "entitlement",
                "least_certificates",
                "certificate_line",
                "attribute",
                "attribute_value",
            ),
        ),
    )

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    position = forms.IntegerField(
        label=gettext_lazy("Place in the order"),
        min_value=0,
        max_value=9999,
        initial=100,
        help_text=gettext_lazy("The first rule that has a partner for a lead decides."),
    )
    method = forms.ChoiceField(label=gettext_lazy("Who gets it"), choices=Method.choices)
    is_active = forms.BooleanField(
        label=gettext_lazy("It is in force"), required=False, initial=True
    )
    countries = _values(
        gettext_lazy("Countries"), gettext_lazy("Two letters each, such as DE, AT. Empty for all.")
    )
    regions = _values(gettext_lazy("Regions"), gettext_lazy("Empty for all."))
    postcodes = _values(
        gettext_lazy("Postcodes"), gettext_lazy("What they begin with, such as 80, 81.")
    )
    lines = _values(gettext_lazy("Product lines"), gettext_lazy("Any of these. Empty for all."))
    partner_types = _values(gettext_lazy("Partner types"), gettext_lazy("Empty for all."))
    accounts = _values(
        gettext_lazy("Only these accounts"), gettext_lazy("Their numbers. Empty for all.")
    )
    tier_code = forms.ChoiceField(label=gettext_lazy("At least the tier"), required=False)
    entitlement = forms.CharField(
        label=gettext_lazy("A benefit of the tier"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("The name of an entitlement, such as leads."),
    )
    least_certificates = forms.IntegerField(
        label=gettext_lazy("Valid certificates at least"), min_value=0, max_value=999, initial=0
    )
    certificate_line = forms.CharField(
        label=gettext_lazy("… in the product line"), max_length=80, required=False
    )
    attribute = forms.CharField(
        label=gettext_lazy("An attribute of the account"), max_length=80, required=False
    )
    attribute_value = forms.CharField(
        label=gettext_lazy("… and its value"), max_length=120, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tiers = Tier.objects.order_by("name").values_list("code", "name").distinct()
        known = dict(tiers)
        held = self.initial.get("tier_code")
        if held and held not in known:
            known[held] = held  # of a ladder that is gone: kept until somebody chooses another
        self.fields["tier_code"].choices = [("", _("Any tier")), *known.items()]
        for name in MANY:
            if isinstance(self.initial.get(name), list):
                self.initial[name] = ", ".join(self.initial[name])

    def said(self) -> Ruling:
        said = {name: self.cleaned_data[name] for name in NAMES}
        for name in MANY:
            said[name] = lines_of(said[name])
        said["countries"] = [one.upper() for one in said["countries"]]
        return Ruling(**said)


class TrialForm(forms.Form):
    """A made-up lead; nothing of it is kept."""

    country = forms.ChoiceField(label=gettext_lazy("Country"), required=False)
    region = forms.CharField(label=gettext_lazy("Region"), max_length=80, required=False)
    postcode = forms.CharField(label=gettext_lazy("Postcode"), max_length=20, required=False)
    lines = forms.CharField(label=gettext_lazy("Product lines"), max_length=400, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = country_choices()


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def rule_list(request: HttpRequest) -> HttpResponse:
    """With the terms that hold for all, the limits of single partners, and the trial."""
    may_edit = request.staff.role in EDITORS
    terms = terms_of_tenant()
    about = {name: getattr(terms, name) for name in BOUNDS}
    forms_shown: dict[str, TermsForm | OneLimitForm] = {
        "terms_form": TermsForm(initial=about),
        "limit_form": OneLimitForm(),
    }
    status = 200
    if request.method == "POST":
        kind = "limit_form" if request.POST.get("action") == "limit" else "terms_form"
        form = type(forms_shown[kind])(request.POST)
        if not may_edit:
            status = 403
        elif form.is_valid() and _keep(request, form):
            messages.success(request, _("It is kept."))
            return redirect("console_lead_rules")
        else:
            forms_shown[kind], status = form, 422
    context = forms_shown | {
        "rules": _rules(),
        "limits": LeadLimit.objects.exclude(by_tenant=None, by_partner=None)
        .select_related("account")
        .order_by("account__number")[:200],
        "may_edit": may_edit,
    }
    return render(request, "console/lead_rules.html", context, status=status)


def _rules() -> list[LeadRule]:
    """In their order, with how many accounts each names."""
    pools = LeadPool.objects.filter(is_in=True).order_by().values_list("rule")
    named = dict(pools.annotate(Count("id")))
    rules = list(LeadRule.objects.order_by("position", "id"))
    for rule in rules:
        rule.named = named.get(rule.pk, 0)
    return rules


@require_http_methods(["GET", "HEAD"])
@staff_required(*READERS)
def trial(request: HttpRequest) -> HttpResponse:
    """Who would get a lead, and why; why not the others. Nothing is given out."""
    form = TrialForm(request.GET or None)
    context: dict[str, Any] = {"form": form, "tried": None}
    if request.GET and form.is_valid():
        said = form.cleaned_data
        made_up = Lead(
            country=said["country"],
            region=said["region"],
            postcode=said["postcode"],
            lines=lines_of(said["lines"]),
        )
        desk = Desk(terms_of_tenant(), rules_in_order(), timezone.now())
        context |= _tried(desk, made_up)
    return render(request, "console/lead_trial.html", context)


def _tried(desk: Desk, made_up: Lead) -> dict[str, Any]:
    found, getter = [], None
    for rule, misfit, verdicts in explained(desk, made_up):
        if getter is None and verdicts and verdicts[0].against is None:
            getter = (verdicts[0].candidate.account, rule)
        told = [
            (
                one.candidate.account,
                against_words(one.against) if one.against else "",
                one.score,
                point_words(one.points),
            )
            for one in verdicts[:MOST_SHOWN]
        ]
        found.append((rule, MISFITS.get(misfit, ""), told))
    return {"tried": found, "getter": getter}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_rule(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST or None)
    return _rule_page(request, form, rule=None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def rule_page(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    rule = get_object_or_404(LeadRule, pk=rule_id)
    form = RuleForm(request.POST or None, initial=said_of(rule))
    return _rule_page(request, form, rule=rule)


def _rule_page(request: HttpRequest, form: RuleForm, *, rule: LeadRule | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        actor, now = request.staff.actor, timezone.now()
        try:
            if rule:
                kept = change_rule(rule, form.said(), actor=actor, now=now)
            else:
                kept = add_rule(form.said(), actor=actor, now=now)
        except BadRule as bad:
            form.add_error(bad.field if bad.field in form.fields else None, str(bad))
        else:
            messages.success(request, _("“%s” is kept.") % kept.name)
            return redirect("console_lead_rules")
    context = {"form": form, "rule": rule}
    status = 422 if form.errors else 200
    return render(request, "console/lead_rule.html", context, status=status)


def _keep(request: HttpRequest, form: TermsForm | OneLimitForm) -> bool:
    actor, now = request.staff.actor, timezone.now()
    try:
        with transaction.atomic():
            if isinstance(form, TermsForm):
                set_terms(**form.cleaned_data, actor=actor, now=now)
            else:
                _keep_limit(form, actor=actor, now=now)
    except BadRule as bad:
        form.add_error(bad.field, str(bad))
    except NotNow as refused:
        form.add_error("account", str(refused))
    return not form.errors


def _keep_limit(form: OneLimitForm, *, actor: str, now: Any) -> None:
    account = Account.objects.filter(number=form.cleaned_data["account"]).first()
    if account is None:
        raise NotNow(_("There is no account with this number."))
    set_limit(account, most=form.cleaned_data["most"], by_partner=False, actor=actor, now=now)
