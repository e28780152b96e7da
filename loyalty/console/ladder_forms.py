"""A ladder, its policies and each of its tiers, as people fill them in."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Segment
from loyalty.console.criteria_rows import Rows, criteria_of
from loyalty.measure_words import MeasureWords
from rewards.promises import condition_text
from rewards.voice import Voice
from tiers.models import SchemeVersion
from tiers.models.schemes import Falls, PeriodUnit, Rises

POLICIES = (
    "evaluated",
    "rises",
    "skips_tiers",
    "kept_unit",
    "kept_periods",
    "falls",
    "grace_days",
    "near_percent",
)
MOST_DAYS = 730
CODE_HELP = gettext_lazy("A short name for systems; it stays for ever.")


class LadderForm(forms.Form):
    """A new ladder of a program."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("As partners read it.")
    )
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=40, help_text=CODE_HELP)


EVERYBODY, AS_IT_IS, SEGMENT = "", "kept", "segment:"


class PolicyForm(forms.Form):
    """Whom a ladder is for, whether it leads, when accounts are looked at, and how they move."""

    audience = forms.ChoiceField(
        required=False,
        label=gettext_lazy("It is for"),
        help_text=gettext_lazy(
            "Whoever is not meant stays on the first tier. A segment counts as it is "
            "defined when you save."
        ),
    )
    takes_lead = forms.BooleanField(
        required=False,
        label=gettext_lazy("It leads the program from this version on"),
        help_text=gettext_lazy(
            "Its tier then multiplies points and opens rewards, instead of another ladder's."
        ),
    )

    evaluated = forms.ChoiceField(
        choices=PeriodUnit.choices,
        label=gettext_lazy("Evaluated at the end of each"),
        help_text=gettext_lazy("In your time zone; fiscal periods follow your fiscal year."),
    )
    rises = forms.ChoiceField(choices=Rises.choices, label=gettext_lazy("Accounts rise"))
    skips_tiers = forms.BooleanField(
        required=False, label=gettext_lazy("May skip tiers on the way up")
    )
    kept_unit = forms.ChoiceField(
        choices=PeriodUnit.choices, label=gettext_lazy("A tier is kept until the end of the")
    )
    kept_periods = forms.IntegerField(
        min_value=0,
        max_value=20,
        label=gettext_lazy("And for how many more"),
        help_text=gettext_lazy("0 for no longer."),
    )
    falls = forms.ChoiceField(choices=Falls.choices, label=gettext_lazy("Accounts fall"))
    grace_days = forms.IntegerField(
        min_value=0,
        max_value=MOST_DAYS,
        label=gettext_lazy("Grace"),
        help_text=gettext_lazy(
            "Days between an evaluation and a fall; a tier met again in them stays."
        ),
    )
    near_percent = forms.IntegerField(
        min_value=1,
        max_value=100,
        label=gettext_lazy("Near a tier from"),
        help_text=gettext_lazy(
            "Percent of the way from which an account counts as near; told once a period."
        ),
    )

    def __init__(self, *args: Any, version: SchemeVersion, voice: Voice, **kwargs: Any) -> None:
        super().__init__(*args, initial=self._initial_of(version), **kwargs)
        self.version = version
        chosen: list[Any] = [(EVERYBODY, _("All accounts"))]
        if version.audience:
            chosen.append(
                (
                    AS_IT_IS,
                    _("Accounts where %(condition_text)s")
                    % {"condition_text": condition_text(version.audience, voice)},
                )
            )
        segments = Segment.objects.order_by("name", "code").values_list("code", "name")
        named = [(f"{SEGMENT}{code}", name) for code, name in segments]
        self.fields["audience"].choices = [*chosen, (_("Segments"), named)] if named else chosen
        if version.scheme.is_leading:
            del self.fields["takes_lead"]  # it passes when another ladder takes it

    def terms(self) -> dict[str, Any]:
        said = self.cleaned_data
        found = {name: said[name] for name in POLICIES} | {"audience": self._audience()}
        return found | ({"takes_lead": said["takes_lead"]} if "takes_lead" in said else {})

    def _audience(self) -> Mapping[str, Any]:
        said = self.cleaned_data["audience"]
        if said == AS_IT_IS:
            return self.version.audience
        if said.startswith(SEGMENT):
            return {"field": "segment", "op": "eq", "value": said.removeprefix(SEGMENT)}
        return {}

    @staticmethod
    def _initial_of(version: SchemeVersion) -> dict[str, Any]:
        meant = AS_IT_IS if version.audience else EVERYBODY
        return {name: getattr(version, name) for name in POLICIES} | {
            "audience": meant,
            "takes_lead": version.takes_lead,
        }


class TierForm(forms.Form):
    """A tier: how it is called and what it gives. What it asks is in rows beside it."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=40, help_text=gettext_lazy("As partners read it.")
    )
    code = forms.SlugField(label=gettext_lazy("Code"), max_length=40, help_text=CODE_HELP)
    multiplier = forms.DecimalField(
        min_value=Decimal("0.001"),
        max_value=Decimal("999.999"),
        max_digits=6,
        decimal_places=3,
        initial=1,
        label=gettext_lazy("Points times"),
        help_text=gettext_lazy("On the program's leading ladder."),
    )
    by_invitation = forms.BooleanField(
        required=False,
        label=gettext_lazy("By invitation only"),
        help_text=gettext_lazy("Besides what it asks."),
    )
    discount_percent = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        label=gettext_lazy("Discount in percent"),
    )
    funds_share_percent = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        label=gettext_lazy("Market funds in percent of revenue"),
    )
    support_level = forms.CharField(
        label=gettext_lazy("Support level"), required=False, max_length=80
    )
    directory_place = forms.IntegerField(
        label=gettext_lazy("Directory place"),
        required=False,
        min_value=1,
        help_text=gettext_lazy("In the partner directory; 1 comes first."),
    )
    early_access = forms.BooleanField(
        required=False, label=gettext_lazy("Early access to new products")
    )
    entitlements = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        label=gettext_lazy("Other entitlements"),
        help_text=gettext_lazy(
            "One per line, such as demo-units: 3. Other systems read them by these names."
        ),
    )

    def __init__(self, *args: Any, is_first: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_first:
            del self.fields["by_invitation"]

    def clean_entitlements(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for line in self.cleaned_data["entitlements"].splitlines():
            code, colon, value = (part.strip() for part in line.partition(":"))
            if not line.strip():
                continue
            if not (code and colon and value):
                raise forms.ValidationError(
                    _("“%(strip)s” is not like “demo-units: 3”.") % {"strip": line.strip()}
                )
            found[code] = int(value) if value.isdecimal() and len(value) < 16 else value
        return found

    def rung(self, criteria: Mapping[str, Any]) -> dict[str, Any]:
        """The tier as `SchemeVersion.rungs` has it."""
        said = self.cleaned_data
        return {
            "code": said["code"],
            "name": said["name"],
            "criteria": criteria,
            "multiplier": f"{said['multiplier'].normalize():f}",
            "benefits": self._benefits(),
            "by_invitation": said.get("by_invitation", False),
        }

    def _benefits(self) -> dict[str, Any]:
        said = self.cleaned_data
        found: dict[str, Any] = {
            name: f"{said[name].normalize():f}"
            for name in ("discount_percent", "funds_share_percent")
            if said[name] is not None
        }
        rest = ("support_level", "directory_place", "early_access", "entitlements")
        return found | {name: said[name] for name in rest if said[name]}

    @staticmethod
    def initial_of(rung: Mapping[str, Any]) -> dict[str, Any]:
        benefits = dict(rung.get("benefits", {}))
        others = benefits.pop("entitlements", {})
        lines = "\n".join(f"{code}: {value}" for code, value in others.items())
        plain = {name: rung.get(name) for name in ("name", "code", "multiplier", "by_invitation")}
        return plain | benefits | {"entitlements": lines}


class PublishForm(forms.Form):
    """When a draft comes into force, and how long whoever would fall by it keeps their tier."""

    valid_from = forms.DateField(
        required=False,
        label=gettext_lazy("Begins on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Leave it empty for now."),
    )
    grace_days = forms.IntegerField(
        min_value=0,
        max_value=MOST_DAYS,
        initial=0,
        label=gettext_lazy("Grace for whoever would fall"),
        help_text=gettext_lazy("Days for which they keep the tier they hold."),
    )


def rungs_as_sent(
    version: SchemeVersion, *, rank: int, form: TierForm, rows: Rows, words: MeasureWords
) -> list[Mapping[str, Any]]:
    """The version's tiers with the one at `rank` as a valid form and its rows say it; a rank behind
    the last one is a new tier. Raises BadCriteria."""
    criteria = {} if rank == 0 else criteria_of(rows, words=words)
    rungs = [*version.rungs]
    rungs[rank : rank + 1] = [form.rung(criteria)]
    return rungs
