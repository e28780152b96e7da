"""A budget is entered and changed, and parts of it are allocated to many accounts at once."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.ids import uuid7
from accounts.kinds import kind_choices
from accounts.models import Account, Product, Program, Segment, Staff
from accounts.models.directory import EnrollmentState
from accounts.money import to_major
from accounts.periods import day_of
from accounts.roles import staff_required
from accounts.segments import accounts_in
from loyalty.form_sections import SectionedForm
from loyalty.fund_form import MoneyField, in_currency
from partners.funds import budgets, granting
from partners.funds.steps import NotNow
from partners.models import BudgetKind, Every, FundBudget
from rewards.voice import voice_of

EDITORS = ("owner", "manager")
TERMS = ("name", "owner", "amount", "ends_on", "on_request", "remind_days")
ACCRUAL = ("share", "every", "kinds", "lines", "segment", "good_months")


def _day(label: Any, text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=text, widget=widget)


class BudgetForm(SectionedForm):
    """`kind` decides what of it counts: what is accrued has terms of its own."""

    SECTIONS = (
        (gettext_lazy("The budget"), ("name", "program", "owner", "amount", "starts_on",
                                      "ends_on", "remind_days")),
        (gettext_lazy("How accounts come to it"), ("kind", "on_request")),
        (gettext_lazy("What is accrued"), ("share", "every", "good_months", "kinds", "lines",
                                           "segment")),
    )  # fmt: skip

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    program = forms.ModelChoiceField(
        queryset=None, label=gettext_lazy("Program"), empty_label=None, to_field_name="slug"
    )
    owner = forms.ModelChoiceField(queryset=None, label=gettext_lazy("Owner"), empty_label=None)
    amount = MoneyField(label=gettext_lazy("Amount"))
    starts_on = _day(gettext_lazy("First day"))
    ends_on = _day(gettext_lazy("Last day"), gettext_lazy("What is unused then is free again."))
    remind_days = forms.IntegerField(
        label=gettext_lazy("Remind so many days before money ends"), min_value=0, max_value=90
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=BudgetKind.choices)
    on_request = forms.BooleanField(
        label=gettext_lazy("An approval may give what the account’s part lacks"),
        required=False,
        help_text=gettext_lazy("Then accounts without a part can ask, too. Not for co-op."),
    )
    share = forms.DecimalField(
        label=gettext_lazy("Percent of purchases"), max_digits=5, decimal_places=2, required=False
    )
    every = forms.ChoiceField(
        label=gettext_lazy("Worked out by"), choices=Every.choices, required=False
    )
    good_months = forms.IntegerField(
        label=gettext_lazy("Good for so many months after the period"),
        min_value=0,
        max_value=24,
        required=False,
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of activities that count"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    lines = forms.MultipleChoiceField(
        label=gettext_lazy("Product lines that count"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: all of them."),
    )
    segment = forms.ModelChoiceField(
        queryset=None,
        label=gettext_lazy("Segment"),
        required=False,
        empty_label=gettext_lazy("All accounts"),
    )

    def __init__(self, *args: Any, budget: FundBudget | None, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = Staff.objects.filter(is_active=True).order_by("name")
        in_currency(self, currency)
        if budget is not None:
            fixed = ("program", "starts_on", "kind", *ACCRUAL)
            gone = (*fixed, "on_request") if budget.kind == BudgetKind.ACCRUED else fixed
            for name in gone:
                del self.fields[name]
            return
        self.fields["program"].queryset = Program.objects.order_by("name")
        self.fields["segment"].queryset = Segment.objects.order_by("name", "code")
        self.fields["kinds"].choices = kind_choices()
        lines = Product.objects.exclude(line="").order_by("line")
        self.fields["lines"].choices = [
            (line, line) for line in lines.values_list("line", flat=True).distinct()
        ]

    def terms(self) -> budgets.Terms:
        said = {name: self.cleaned_data.get(name, False) for name in TERMS}
        return budgets.Terms(**said)

    def accrual(self) -> budgets.Accrual | None:
        said = self.cleaned_data
        if said["kind"] != BudgetKind.ACCRUED:
            return None
        return budgets.Accrual(
            share=said["share"] or Decimal(0),
            every=said["every"],
            kinds=tuple(said["kinds"]),
            lines=tuple(said["lines"]),
            segment=said["segment"],
            good_months=said["good_months"] or 0,
        )

    def refuse(self, bad: budgets.BadBudget) -> None:
        self.add_error(bad.field if bad.field in self.fields else None, str(bad))


class AllocationForm(forms.Form):
    """To the accounts of a segment, or those whose numbers are written down."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    segment = forms.ModelChoiceField(
        queryset=None,
        label=gettext_lazy("Segment"),
        required=False,
        empty_label=gettext_lazy("All accounts of the program"),
    )
    numbers = forms.CharField(
        label=gettext_lazy("Or these accounts"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("Their numbers, separated by commas or lines."),
    )
    amount = MoneyField(label=gettext_lazy("For each account"))
    last_day = _day(
        gettext_lazy("To be used until"), gettext_lazy("What is not committed by then is free.")
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, budget: FundBudget, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.budget = budget
        self.fields["segment"].queryset = Segment.objects.order_by("name", "code")
        in_currency(self, currency)

    def clean_numbers(self) -> list[str]:
        text = self.cleaned_data["numbers"].replace("\n", ",")
        found = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
        known = set(Account.objects.filter(number__in=found).values_list("number", flat=True))
        unknown = [number for number in found if number not in known]
        if unknown:
            raise forms.ValidationError(_("There is no account “%s”.") % unknown[0][:64])
        return found

    def amounts(self) -> dict[UUID, int]:
        """What each account is to have, by its id."""
        said = self.cleaned_data
        if said["numbers"]:
            accounts = Account.objects.filter(number__in=said["numbers"])
        else:
            segment = said["segment"]
            accounts = accounts_in(segment.condition) if segment else Account.objects.all()
            accounts = accounts.filter(
                enrollments__program_id=self.budget.program_id,
                enrollments__state=EnrollmentState.ACTIVE,
            )
        return dict.fromkeys(accounts.values_list("pk", flat=True), said["amount"])


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def new_budget(request: HttpRequest) -> HttpResponse:
    initial = {"remind_days": 30, "good_months": 3, "kinds": ["purchase"], "every": Every.QUARTER}
    form = BudgetForm(
        request.POST or None, budget=None, currency=request.tenant.currency,
        initial=initial | {"owner": request.staff.pk},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            made = budgets.add_budget(
                program=form.cleaned_data["program"],
                starts_on=form.cleaned_data["starts_on"],
                terms=form.terms(),
                accrual=form.accrual(),
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except budgets.BadBudget as bad:
            form.refuse(bad)
        else:
            messages.success(request, _("“%s” is there.") % made.name)
            return redirect("console_fund_budget", made.pk)
    status = 422 if form.errors else 200
    return render(request, "console/fund_budget_form.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def change_budget(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    found = get_object_or_404(FundBudget.objects.select_related("owner"), pk=budget_id)
    currency = request.tenant.currency
    initial = {name: getattr(found, name) for name in TERMS}
    initial |= {"owner": found.owner_id, "amount": to_major(found.amount, currency)}
    form = BudgetForm(request.POST or None, budget=found, currency=currency, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            budgets.change_budget(
                budget_id=found.pk,
                terms=form.terms(),
                actor=request.staff.actor,
                now=timezone.now(),
            )
        except budgets.BadBudget as bad:
            form.refuse(bad)
        else:
            messages.success(request, _("“%s” is changed.") % form.cleaned_data["name"])
            return redirect("console_fund_budget", found.pk)
    context = {"form": form, "budget": found}
    status = 422 if form.errors else 200
    return render(request, "console/fund_budget_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def allocate(request: HttpRequest, budget_id: UUID) -> HttpResponse:
    found = get_object_or_404(FundBudget, pk=budget_id, kind=BudgetKind.DISCRETIONARY)
    form = AllocationForm(
        request.POST or None,
        budget=found,
        currency=request.tenant.currency,
        initial={"key": uuid7(), "last_day": found.ends_on},
    )
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        zone = request.tenant.zone
        try:
            funds = granting.grant(
                budget_id=found.pk,
                amounts=form.amounts(),
                last_day=form.cleaned_data["last_day"],
                note=form.cleaned_data["note"],
                key=str(form.cleaned_data["key"]),
                by=request.staff.actor,
                today=day_of(now, zone),
                zone=zone,
                now=now,
            )
        except (NotNow, granting.OtherGrant) as refused:
            form.add_error(None, str(refused))
        else:
            said = ngettext("Allocated to %d account.", "Allocated to %d accounts.", len(funds))
            messages.success(request, said % len(funds))
            return redirect("console_fund_budget", found.pk)
    context = {"form": form, "budget": found, "voice": voice_of(request.tenant)}
    status = 422 if form.errors else 200
    return render(request, "console/fund_allocate.html", context, status=status)
