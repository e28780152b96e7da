"""An agreement as people fill it in: with whom, how long, what counts and what it pays."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.kinds import kind_choices
from accounts.models import Account, Product, Program, Segment, Staff
from loyalty.console.agreement_choices import BASES, MEASURES, METHODS, POSITIONS, RETURNS
from loyalty.console.agreement_terms import OF_VERSION, terms_of
from loyalty.console.band_rows import Units
from loyalty.form_sections import SectionedForm
from rebates.models import Agreement, AgreementState, Method, PaidTo, Party, Period, Settles
from tiers.ladders import Ladder

MOST_DAYS = 365
_DAY = {"type": "date"}
OF_AGREEMENT = (
    "name",
    "code",
    "party",
    "account",
    "segment",
    "tier_code",
    "paid_to",
    "period",
    "starts_on",
    "ends_on",
    "owner",
)


class AgreementForm(SectionedForm):
    """`party` and dates only where nothing was offered yet. Numbers are in the units people use:
    money with its decimals, percent, units."""

    SECTIONS = (
        (
            gettext_lazy("The agreement"),
            ("name", "code", "party", "account", "segment", "tier_code", "paid_to", "owner"),
        ),
        (gettext_lazy("How long"), ("period", "starts_on", "ends_on")),
        (
            gettext_lazy("What counts"),
            ("measure", "kinds", "lines", "earning_lines", "returns", "net_of"),
        ),
        (
            gettext_lazy("Where bands begin, and how they pay"),
            (
                "position",
                "base",
                "base_given",
                "base_periods",
                "base_plus",
                "base_floor",
                "base_ceiling",
                "pays",
                "guaranteed",
                "falling",
            ),
        ),
        (gettext_lazy("Limits"), ("minimum", "cap", "multipliers")),
        (
            gettext_lazy("Statements and settlement"),
            (
                "settles",
                "method",
                "points_rate",
                "grace_days",
                "answer_days",
                "needs_acceptance",
                "silence_accepts",
            ),
        ),
    )

    name = forms.CharField(
        max_length=120, label=gettext_lazy("Name"), help_text=gettext_lazy("As partners read it.")
    )
    code = forms.SlugField(
        max_length=40,
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("A short name for systems; it stays for ever."),
    )
    party = forms.ChoiceField(choices=Party.choices, label=gettext_lazy("With"))
    account = forms.CharField(
        max_length=64,
        required=False,
        label=gettext_lazy("Account number"),
        help_text=gettext_lazy("Of the account, or of the top of the buying group."),
    )
    segment = forms.ModelChoiceField(
        queryset=None, required=False, label=gettext_lazy("Segment"), empty_label="—"
    )
    tier_code = forms.ChoiceField(required=False, label=gettext_lazy("Tier"))
    paid_to = forms.ChoiceField(
        choices=PaidTo.choices,
        label=gettext_lazy("Of a buying group, paid to"),
        initial=PaidTo.PARENT,
    )
    owner = forms.ModelChoiceField(
        queryset=None,
        required=False,
        label=pgettext_lazy("agreement", "Owner"),
        empty_label="—",
        help_text=gettext_lazy("Answers for it, and never approves what it pays."),
    )
    period = forms.ChoiceField(
        choices=Period.choices, label=gettext_lazy("Counts by"), initial=Period.QUARTER
    )
    starts_on = forms.DateField(
        label=gettext_lazy("First day"),
        widget=forms.DateInput(attrs=_DAY),
        help_text=gettext_lazy("The first day of a period."),
    )
    ends_on = forms.DateField(
        required=False,
        label=gettext_lazy("Last day"),
        widget=forms.DateInput(attrs=_DAY),
        help_text=gettext_lazy("The last day of a period; empty while it has no end."),
    )
    measure = forms.ChoiceField(choices=MEASURES, label=gettext_lazy("Counted"))
    kinds = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, label=gettext_lazy("Kinds of activities")
    )
    lines = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Product lines that count for the band"),
        help_text=gettext_lazy("None marked means all."),
    )
    earning_lines = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Of these, lines that earn"),
        help_text=gettext_lazy("None marked means all that count."),
    )
    returns = forms.ChoiceField(choices=RETURNS, label=gettext_lazy("Returns"))
    net_of = forms.CharField(
        required=False,
        max_length=200,
        label=gettext_lazy("Net of"),
        help_text=gettext_lazy("Attributes of the facts, such as tax, freight."),
    )
    position = forms.ChoiceField(choices=POSITIONS, label=gettext_lazy("Bands begin"))
    base = forms.ChoiceField(choices=BASES, required=False, label=gettext_lazy("100 percent is"))
    base_given = forms.CharField(
        required=False, max_length=30, label=gettext_lazy("The number given")
    )
    base_periods = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=12,
        label=gettext_lazy("Of how many periods"),
    )
    base_plus = forms.DecimalField(
        required=False, min_value=0, decimal_places=4, label=gettext_lazy("Plus, in percent")
    )
    base_floor = forms.CharField(required=False, max_length=30, label=gettext_lazy("At least"))
    base_ceiling = forms.CharField(required=False, max_length=30, label=gettext_lazy("At most"))
    pays = forms.ChoiceField(choices=METHODS, label=gettext_lazy("What is paid"))
    guaranteed = forms.CharField(
        required=False, max_length=30, label=gettext_lazy("Guaranteed rate")
    )
    falling = forms.BooleanField(
        required=False,
        label=gettext_lazy("Amounts per unit may fall with the volume"),
    )
    minimum = forms.CharField(
        required=False, max_length=30, label=gettext_lazy("Pay nothing below")
    )
    cap = forms.CharField(
        required=False, max_length=30, label=gettext_lazy("Pay at most, a period")
    )
    multipliers = forms.CharField(
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        label=gettext_lazy("Times for a tier"),
        help_text=gettext_lazy("One per line, such as gold: 1.5."),
    )
    settles = forms.ChoiceField(choices=Settles.choices, label=gettext_lazy("Statements come"))
    method = forms.ChoiceField(
        choices=Method.choices, label=gettext_lazy("Paid by"), initial=Method.CREDIT_NOTE
    )
    points_rate = forms.DecimalField(
        required=False,
        min_value=Decimal("0.0001"),
        max_digits=12,
        decimal_places=4,
        label=gettext_lazy("Points for 1.00"),
        help_text=gettext_lazy("Where it is paid in points."),
    )
    grace_days = forms.IntegerField(
        min_value=0,
        max_value=MOST_DAYS,
        initial=5,
        label=gettext_lazy("Days of grace"),
        help_text=gettext_lazy("After a period's end, for facts that come late."),
    )
    answer_days = forms.IntegerField(
        min_value=1, max_value=MOST_DAYS, initial=14, label=gettext_lazy("Days to answer")
    )
    needs_acceptance = forms.BooleanField(
        required=False, initial=True, label=gettext_lazy("The partner has to accept the agreement")
    )
    silence_accepts = forms.BooleanField(
        required=False, label=gettext_lazy("Silence accepts a statement")
    )

    def __init__(
        self,
        *args: Any,
        program: Program,
        currency: str,
        ladder: Ladder | None,
        agreement: Agreement | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._currency = currency
        for name in ("account", "segment", "tier_code", "base_given"):
            self.fields[name].is_one_of_two = True  # needed where the answer before asks for it
        self.fields["segment"].queryset = Segment.objects.order_by("name", "code")
        self.fields["owner"].queryset = Staff.objects.filter(is_active=True).order_by("name")
        tiers = [(rung.code, rung.name) for rung in ladder.rungs] if ladder else []
        self.fields["tier_code"].choices = [("", "—"), *tiers]
        self.fields["kinds"].choices = kind_choices(but={"return"})
        self.fields["kinds"].initial = ["purchase"]
        lines = Product.objects.exclude(line="").order_by("line").distinct()
        offered = [(line, line) for line in lines.values_list("line", flat=True)]
        for name in ("lines", "earning_lines"):
            stored = [(one, one) for one in self.initial.get(name, ()) if (one, one) not in offered]
            self.fields[name].choices = offered + stored
        if agreement is not None:
            self._fix(agreement)

    def _fix(self, agreement: Agreement) -> None:
        """What stays once the agreement is there, or once it was offered."""
        fixed = (
            {"code"}
            if agreement.state == AgreementState.DRAFT
            else set(OF_AGREEMENT) - {"name", "owner"}
        )
        for name in fixed:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        party = said.get("party")
        if party in (Party.ACCOUNT, Party.FAMILY) and "account" in said:
            said["account"] = self._account(said["account"])
        elif party:
            said["account"] = None
        if party and party != Party.SEGMENT:
            said["segment"] = None
        if party and party != Party.TIER:
            said["tier_code"] = ""
        if party and party != Party.FAMILY:
            said["paid_to"] = PaidTo.PARENT
        if said.get("ends_on"):
            said["ends_on"] += timedelta(days=1)
        return said

    def _account(self, number: str) -> Account | None:
        found = Account.objects.filter(number=number).first()
        if found is None:
            self.add_error("account", _("No account has this number."))
        return found

    # ── What it says ─────────────────────────────────────────────────────────────────────────────

    def of_agreement(self) -> dict[str, Any]:
        """Fields of the agreement that this form asks for."""
        return {name: self.cleaned_data[name] for name in OF_AGREEMENT if name in self.cleaned_data}

    def of_version(self, bands: list[dict[str, Any]]) -> dict[str, Any]:
        """Fields of the version but its condition. Raises BadNumber."""
        said = {name: self.cleaned_data[name] for name in OF_VERSION}
        return said | {"terms": terms_of(self.cleaned_data, bands, currency=self._currency)}

    @property
    def units(self) -> Units:
        """In what its bands are written."""
        said = self.cleaned_data
        return Units(
            measure=said.get("measure", ""),
            position=said.get("position", ""),
            method=said.get("pays", ""),
            currency=self._currency,
        )
