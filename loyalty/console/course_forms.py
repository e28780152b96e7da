"""The forms in which courses, learning paths and what they certify are written."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models.people import BusinessRole
from loyalty.course_text import Unreadable, questions_of, sections_of
from loyalty.form_sections import SectionedForm
from partners.models import Course, LearningPath
from partners.training.courses import About, Content
from partners.training.paths import Certified, Route

SECTIONS_EXAMPLE = "# Welcome\nWhat this is about.\n\n# The bikes\nWhat there is to know."
QUESTIONS_EXAMPLE = (
    "What comes first?\n* The customer\n- The price\n\nWhich are bikes?\n* Racer\n* Tandem\n- Canoe"
)
CODE = {"class": "code", "spellcheck": "true"}


class CourseForm(SectionedForm):
    """What a course is; with `is_new` its code and whether it is taken elsewhere, which stay."""

    SECTIONS = (
        (_("The course"), ("name", "code", "track", "roles", "is_active")),
        (_("Where it is taken"), ("is_elsewhere", "address")),
    )

    name = forms.CharField(label=_("Name"), max_length=120)
    code = forms.SlugField(
        label=_("Code"),
        max_length=60,
        help_text=_("By it other systems name the course. It stays for ever."),
    )
    track = forms.CharField(
        label=_("Track"),
        max_length=60,
        required=False,
        help_text=_("Courses of a track are shown together, such as Sales or Service."),
    )
    roles = forms.MultipleChoiceField(
        label=_("For"),
        choices=BusinessRole.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The roles it is offered to. None: to everybody."),
    )
    is_active = forms.BooleanField(label=_("It is offered"), required=False, initial=True)
    is_elsewhere = forms.BooleanField(
        label=_("In another system, which reports who has completed it"), required=False
    )
    address = forms.CharField(
        label=_("Its address there"),
        max_length=500,
        required=False,
        help_text="https://learn.example.com/course",
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["code"]

    def about(self) -> About:
        names = ("name", "track", "roles", "is_elsewhere", "address", "is_active")
        return About(**{name: self.cleaned_data[name] for name in names})


class ContentForm(SectionedForm):
    SECTIONS = (
        (_("What there is to read"), ("about", "sections_written")),
        (_("The quiz"), ("questions_written", "pass_percent", "most_attempts", "wait_hours")),
    )

    about = forms.CharField(
        label=_("In short"),
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    sections_written = forms.CharField(
        label=_("Sections"),
        widget=forms.Textarea(attrs=CODE | {"rows": 14, "placeholder": SECTIONS_EXAMPLE}),
        required=False,
        strip=False,
        help_text=_("“# ” begins a title; the text below it is a section, in plain words."),
    )
    questions_written = forms.CharField(
        label=_("Questions"),
        widget=forms.Textarea(attrs=CODE | {"rows": 14, "placeholder": QUESTIONS_EXAMPLE}),
        required=False,
        strip=False,
        help_text=_(
            "An empty line between two. “* ” begins a right answer, “- ” a wrong one; several "
            "right ones make it multiple choice."
        ),
    )
    pass_percent = forms.IntegerField(label=_("Percent to pass"), min_value=1, max_value=100)
    most_attempts = forms.IntegerField(
        label=_("Attempts at most"), min_value=0, max_value=20, help_text=_("0 is any number.")
    )
    wait_hours = forms.IntegerField(
        label=_("Hours between two attempts"), min_value=0, max_value=720
    )

    def clean_sections_written(self) -> list[dict[str, Any]]:
        try:
            return sections_of(self.cleaned_data["sections_written"])
        except Unreadable as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean_questions_written(self) -> list[dict[str, Any]]:
        try:
            return questions_of(self.cleaned_data["questions_written"])
        except Unreadable as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def content(self) -> Content:
        data = self.cleaned_data
        terms = ("about", "pass_percent", "most_attempts", "wait_hours")
        return Content(
            sections=data["sections_written"],
            questions=data["questions_written"],
            **{name: data[name] for name in terms},
        )


class PathForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    track = forms.CharField(label=_("Track"), max_length=60, required=False)
    about = forms.CharField(
        label=_("In short"),
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    codes = forms.CharField(
        label=_("Courses"),
        max_length=4000,
        widget=forms.Textarea(attrs=CODE | {"rows": 6}),
        help_text=_("Their codes in order, one on each line."),
    )
    least = forms.IntegerField(
        label=_("How many of them"),
        min_value=0,
        max_value=30,
        help_text=_("So many complete the path, whichever; 0 is all of them."),
    )
    is_active = forms.BooleanField(label=_("It is offered"), required=False, initial=True)

    def clean_codes(self) -> list[Course]:
        codes = self.cleaned_data["codes"].split()
        found = {one.code: one for one in Course.objects.filter(code__in=codes[:100])}
        for code in codes:
            if code not in found:
                raise forms.ValidationError(
                    _("There is no course “%(code)s”."), params={"code": code[:60]}
                )
        return [found[code] for code in codes]

    def route(self) -> Route:
        names = ("name", "track", "about", "least", "is_active")
        return Route(**{name: self.cleaned_data[name] for name in names})


class CredentialForm(forms.Form):
    """What is certified; with `is_new` what for, which stays."""

    name = forms.CharField(label=_("Name"), max_length=120)
    level = forms.CharField(label=_("Level"), max_length=60, required=False)
    about = forms.CharField(
        label=_("What its holder can do"),
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Anybody who is shown the badge reads it."),
    )
    earned_by = forms.ChoiceField(label=_("Earned by"), required=False)
    months = forms.IntegerField(
        label=_("Valid for so many months"),
        min_value=1,
        max_value=120,
        required=False,
        help_text=_("Empty: for ever."),
    )
    renew_days = forms.IntegerField(
        label=_("Renewal begins so many days before its end"),
        min_value=0,
        max_value=365,
        help_text=_("From then on its holder is reminded, and completing it again renews it."),
    )
    is_active = forms.BooleanField(label=_("It is issued"), required=False, initial=True)

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        courses = Course.objects.order_by("name", "id")
        paths = LearningPath.objects.order_by("name", "id")
        self._things = {f"course:{one.pk}": one for one in courses}
        self._things |= {f"path:{one.pk}": one for one in paths}
        self.fields["earned_by"].choices = [
            ("", _("Nothing here: it is issued by hand")),
            *((key, one.name) for key, one in self._things.items()),
        ]
        if not is_new:
            del self.fields["earned_by"]

    def said(self) -> Certified:
        names = ("name", "level", "about", "months", "renew_days", "is_active")
        return Certified(**{name: self.cleaned_data[name] for name in names})

    def thing(self) -> dict[str, Any]:
        """The course or path that earns it."""
        thing = self._things.get(self.cleaned_data.get("earned_by", ""))
        if thing is None:
            return {}
        return {"course" if isinstance(thing, Course) else "path": thing}
