"""Goals of a joint plan as people write them: rows of a form, of which empty ones count nothing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ids import uuid7
from loyalty.measure_words import MeasureWords, NotANumber
from partners.models import PlanVersion, Side
from partners.plans.agreeing import MOST_GOALS, Goal

EMPTY_ROWS = 3
SIDES = (
    (Side.PARTNER, gettext_lazy("The partner")),
    (Side.COMPANY, gettext_lazy("The company")),
)


class GoalForm(forms.Form):
    """A measure with a target, or without one a task with its day."""

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(label=gettext_lazy("Goal"), max_length=150, required=False)
    measure = forms.ChoiceField(label=gettext_lazy("Measured by"), required=False)
    target = forms.CharField(label=gettext_lazy("Target"), max_length=30, required=False)
    side = forms.ChoiceField(label=gettext_lazy("Whose"), choices=SIDES, required=False)
    due_on = forms.DateField(
        label=gettext_lazy("Done until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, words: MeasureWords, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._words = words
        tasks = [("", _("Nothing: it is a task"))]
        self.fields["measure"].choices = [
            *tasks,
            *sorted(words.names.items(), key=lambda one: one[1]),
        ]

    @property
    def is_empty(self) -> bool:
        said = getattr(self, "cleaned_data", {})
        return not (said.get("title") or said.get("target") or said.get("due_on"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("measure"):
            said["target"] = None
            return said
        try:
            said["target"] = self._words.read(said["measure"], said.get("target", ""))
        except NotANumber as wrong:
            self.add_error("target", str(wrong))
        return said

    def goal(self) -> Goal:
        said = self.cleaned_data
        return Goal(
            title=said["title"],
            measure=said["measure"],
            target=said["target"],
            side=said["side"] or Side.PARTNER,
            due_on=said["due_on"],
            key=said["key"] or uuid7(),
        )


class GoalForms:
    """The rows: those of the version before, and some empty ones."""

    def __init__(
        self,
        posted: Mapping[str, Any] | None,
        *,
        words: MeasureWords,
        version: PlanVersion | None = None,
    ) -> None:
        before = list(version.goals.order_by("place")) if version else []
        self.keys: frozenset[UUID] = frozenset(goal.key for goal in before)
        rows = [
            {
                "key": goal.key,
                "title": goal.title,
                "measure": goal.measure,
                "target": words.typed(goal.measure, goal.target)
                if goal.target and goal.measure in words.catalogue
                else "",
                "side": goal.side,
                "due_on": goal.due_on,
            }
            for goal in before
        ]
        rows += [{}] * min(EMPTY_ROWS, MOST_GOALS - len(rows))
        self.forms = [
            GoalForm(posted, prefix=f"goal-{place}", initial=row, words=words)
            for place, row in enumerate(rows)
        ]

    def are_valid(self) -> bool:
        wrong = [form for form in self.forms if not form.is_valid()]
        return not wrong

    def goals(self) -> list[Goal]:
        """Those that are filled in; a key that is none of the version's is a new goal."""
        found = [form.goal() for form in self.forms if not form.is_empty]
        return [
            goal
            if goal.key in self.keys
            else Goal(
                title=goal.title,
                measure=goal.measure,
                target=goal.target,
                side=goal.side,
                due_on=goal.due_on,
            )
            for goal in found
        ]


class NoteForm(forms.Form):
    """What goes along with a change."""

    note = forms.CharField(
        label=gettext_lazy("A word to the other side"), max_length=300, required=False
    )
