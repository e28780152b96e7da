"""The console's page of notices: what is said of each kind, in the tenant's own words if it wants,
and what holds for everybody."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models.people import StaffRole
from accounts.notices.kinds import KINDS, Kind
from accounts.notices.manners import (
    MOST_WARNINGS,
    BadChoice,
    Terms,
    change_terms,
    terms,
)
from accounts.notices.texts import back_to_standard, change_text, own_words, preview, words_for
from accounts.notices.wording import BadText, Words, check_text, languages
from accounts.roles import staff_required

READERS = ("owner", "manager", "finance", "analyst")
EDITORS = (StaffRole.OWNER, StaffRole.MANAGER)


class TermsForm(forms.Form):
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        help_text=gettext_lazy("For everybody who has not chosen another one."),
    )
    warn_days = forms.CharField(
        label=gettext_lazy("Warn of expiry"),
        max_length=40,
        help_text=format_lazy(
            gettext_lazy(
                "Days before points expire, at most {most}, such as 30, 7, 1. Empty: never."
            ),
            most=MOST_WARNINGS,
        ),
        required=False,
    )

    def __init__(self, *args, now: Terms, **kwargs) -> None:
        initial = {"language": now.language, "warn_days": ", ".join(map(str, now.warn_days))}
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["language"].choices = list(languages().items())

    def clean_warn_days(self) -> list[int]:
        words = self.cleaned_data["warn_days"].replace(",", " ").split()
        if not all(word.isascii() and word.isdecimal() and len(word) <= 3 for word in words):
            raise forms.ValidationError(_("Write whole numbers of days, such as 30, 7, 1."))
        return [int(word) for word in words]


class TextForm(forms.Form):
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=gettext_lazy("Plain text; an empty line begins a new paragraph."),
    )

    def __init__(self, *args, kind: Kind, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean_subject(self) -> str:
        return self._checked("subject")

    def clean_body(self) -> str:
        return self._checked("body").replace("\r\n", "\n")

    def _checked(self, name: str) -> str:
        text = self.cleaned_data[name]
        try:
            check_text(text, kind=self.kind)
        except BadText as bad:
            raise forms.ValidationError(str(bad)) from None
        return text

    def words(self) -> Words:
        return Words(self.cleaned_data["subject"], self.cleaned_data["body"])


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*READERS)
def kinds(request: HttpRequest) -> HttpResponse:
    may_edit = request.staff.role in EDITORS
    form = TermsForm(request.POST if may_edit and request.POST else None, now=terms())
    if request.method == "POST" and form.is_valid() and _change_terms(request, form):
        return redirect("console_notices")
    own = own_words()
    rows = [
        {
            "kind": kind,
            "texts": [(code, name, (kind.code, code) in own) for code, name in languages().items()],
        }
        for kind in KINDS.values()
    ]
    context = {"form": form, "rows": rows, "may_edit": may_edit}
    return render(request, "notices/kinds.html", context, status=422 if form.errors else 200)


def _change_terms(request: HttpRequest, form: TermsForm) -> bool:
    try:
        change_terms(**form.cleaned_data, actor=request.staff.actor, now=timezone.now())
    except BadChoice as bad:
        form.add_error("warn_days", str(bad))
        return False
    messages.success(request, _("Saved: it holds from now on."))
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required(*EDITORS)
def text(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    found = KINDS.get(kind)
    if found is None or language not in languages():
        raise Http404
    own = own_words()
    words = words_for(found, language=language, own=own)
    initial = {"subject": words.subject, "body": words.body}
    form = TextForm(request.POST or None, kind=found, initial=initial)
    if request.method == "POST" and _done(request, form, found, language):
        return redirect("console_notices")
    context: dict[str, Any] = {
        "form": form,
        "kind": found,
        "language": language,
        "language_name": languages()[language],
        "is_own": (found.code, language) in own,
    }
    if not form.errors:
        shown = form.words() if form.is_bound else words
        context["preview"], context["is_real"] = preview(shown, kind=found, language=language)
    status = 422 if form.errors else 200
    return render(request, "notices/text.html", context, status=status)


def _done(request: HttpRequest, form: TextForm, kind: Kind, language: str) -> bool:
    """Whether the post was carried out; a preview, or a text that cannot be, stays on the page."""
    about = {"kind": kind, "language": language}
    who = {"actor": request.staff.actor, "now": timezone.now()}
    if "standard" in request.POST:
        back_to_standard(**about, **who)
    elif form.is_valid() and "preview" not in request.POST:
        change_text(**about, **form.cleaned_data, **who)
    else:
        return False
    messages.success(
        request, _("“%(name)s” is said in these words from now on.") % {"name": kind.name}
    )
    return True
