"""A measure as people declare it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.counting import (
    COUNTS,
    LONGEST_ATTRIBUTE,
    MOST_PER_PERSON,
    RATIO,
    RETURNS,
    STATUS_CREDITS,
    Counting,
)
from accounts.declaring import NamedMeasure
from loyalty.form_sections import SectionedForm


class MeasureForm(SectionedForm):
    """What belongs to another way of counting than the one chosen is refused by the rules
    (`accounts.counting.check_counting`), so that nobody thinks it counts."""

    SECTIONS: ClassVar = (
        (gettext_lazy("The measure"), ("name", "code", "counts")),
        (gettext_lazy("What is counted"), ("kinds", "lines", "returns")),
        (gettext_lazy("For an average"), ("attribute",)),
        (gettext_lazy("For what is valid now"), ("per_person",)),
        (gettext_lazy("For a share"), ("of", "to")),
    )

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("How people read it, such as Net new users."),
    )
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"data-joint": "_"}),
        help_text=gettext_lazy("How systems name it, such as net_new_users. It stays for ever."),
    )
    counts = forms.ChoiceField(choices=list(COUNTS.items()), label=gettext_lazy("It is"))
    kinds = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Of these kinds of activity"),
        help_text=gettext_lazy("None chosen counts all of them."),
    )
    lines = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("In these product lines"),
        help_text=gettext_lazy("One on each line. None counts all of them."),
    )
    returns = forms.ChoiceField(
        label=gettext_lazy("Returns"),
        choices=list(RETURNS.items()),
        help_text=gettext_lazy("For amounts, quantities and facts."),
    )
    attribute = forms.CharField(
        required=False,
        max_length=LONGEST_ATTRIBUTE,
        label=gettext_lazy("Attribute"),
        help_text=gettext_lazy("The number in the facts' attributes, such as score."),
    )
    per_person = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_PER_PERSON,
        label=gettext_lazy("At most so many of each person"),
        help_text=gettext_lazy("1 counts people. Empty counts all, also those that name nobody."),
    )
    of = forms.ChoiceField(required=False, label=gettext_lazy("This measure"))
    to = forms.ChoiceField(required=False, label=gettext_lazy("As a share of"))

    def __init__(
        self,
        *args: Any,
        kinds: Mapping[str, str],
        measures: Mapping[str, NamedMeasure],
        measure: NamedMeasure | None = None,
        **kwargs: Any,
    ) -> None:
        if measure:
            kwargs["initial"] = _as_typed(measure)
        super().__init__(*args, **kwargs)
        own = {STATUS_CREDITS: _("Status credits")}
        self.fields["kinds"].choices = list({**kinds, **own}.items())
        plain = [(code, one.name) for code, one in measures.items() if _may_be_part(one, measure)]
        for name in ("of", "to"):
            self.fields[name].choices = [("", "—"), *plain]
        if measure:
            del self.fields["code"]

    def counting(self) -> Counting:
        """What was filled in, once it is valid."""
        said = self.cleaned_data
        return Counting(
            counts=said["counts"],
            kinds=tuple(said["kinds"]),
            lines=tuple(filter(None, (line.strip() for line in said["lines"].splitlines()))),
            returns=said["returns"],
            attribute=said["attribute"],
            per_person=said["per_person"] or 0,
            of=said["of"],
            to=said["to"],
        )


def _may_be_part(one: NamedMeasure, measure: NamedMeasure | None) -> bool:
    return one.counting.counts != RATIO and (measure is None or one.code != measure.code)


def _as_typed(measure: NamedMeasure) -> dict[str, Any]:
    counting = measure.counting
    return {
        "name": measure.name,
        "counts": counting.counts,
        "kinds": list(counting.kinds),
        "lines": "\n".join(counting.lines),
        "returns": counting.returns,
        "attribute": counting.attribute,
        "per_person": counting.per_person or None,
        "of": counting.of,
        "to": counting.to,
    }
