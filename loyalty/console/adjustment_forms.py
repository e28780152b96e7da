"""Adjustments as people fill them in: adding, taking off, extending, reinstating."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.ids import uuid7
from accounts.models import Enrollment, Member
from accounts.periods import start_of
from rewards.adjustment_drafts import Wanted
from rewards.models import AdjustmentAction, CorrectionTerms
from rewards.queries import Due, Expired
from rewards.voice import Voice

_REASON_HELP = gettext_lazy("Whoever reads this account later will see it.")
MOST = 10**12


class _AdjustmentForm(forms.Form):
    """`identity` is made with the empty form: sent twice, it drafts once."""

    identity = forms.UUIDField(label=gettext_lazy("Identity"), widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_REASON_HELP,
    )

    def __init__(self, data: Any, *, enrollment: Enrollment, voice: Voice, now: datetime) -> None:
        super().__init__(data, initial={"identity": uuid7()})
        self.enrollment, self.voice, self.now = enrollment, voice, now

    def _end_of(self, day: date | None) -> datetime | None:
        """The instant at which points that are good through `day` are expired."""
        return start_of(day + timedelta(days=1), self.voice.zone) if day else None

    def _clean_day(self, name: str) -> date | None:
        day = self.cleaned_data[name]
        end = self._end_of(day)
        if end is not None and end <= self.now:
            raise forms.ValidationError(_("Choose a day that is not over yet."))
        return day

    def _wanted(self, action: str, **more: Any) -> Wanted:
        return Wanted(
            program_id=self.enrollment.program_id,
            account_id=self.enrollment.account_id,
            action=action,
            reason=self.cleaned_data["reason"].strip(),
            **more,
        )


def _day_field(label: Any, *, required: bool, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class PointsForm(_AdjustmentForm):
    action = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=[
            (AdjustmentAction.CREDIT, gettext_lazy("Add points")),
            (
                AdjustmentAction.DEBIT,
                gettext_lazy("Take points off, those that expire soonest first"),
            ),
        ],
        widget=forms.RadioSelect,
        initial=AdjustmentAction.CREDIT,
    )
    amount = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=MOST)
    last_day = _day_field(
        gettext_lazy("Good through"),
        required=False,
        help_text=gettext_lazy("For points you add. Left empty, the program’s expiry applies."),
    )
    into_debt = forms.BooleanField(
        label=gettext_lazy("Take them off even if too few are available"),
        required=False,
        help_text=gettext_lazy(
            "The account is then in debt: what it earns next repays it, and until then it "
            "can redeem nothing."
        ),
    )
    holder = forms.ChoiceField(label=gettext_lazy("Whose points"), required=False)
    field_order = ("action", "amount", "holder", "last_day", "into_debt", "reason")

    def __init__(self, data: Any, **about: Any) -> None:
        super().__init__(data, **about)
        account = self.enrollment.account
        people = Member.objects.filter(account=account).order_by("name", "id")
        self.fields["holder"].choices = [
            ("", _("%(name)s (the account)") % {"name": account.name}),
            *((str(person.id), person.name) for person in people),
        ]

    def clean_last_day(self) -> date | None:
        return self._clean_day("last_day")

    def clean(self) -> None:
        if self.cleaned_data.get("action") == AdjustmentAction.DEBIT:
            self.cleaned_data["last_day"] = None
        else:
            self.cleaned_data["into_debt"] = False

    def wanted(self) -> Wanted:
        made = self.cleaned_data
        return self._wanted(
            made["action"],
            amount=made["amount"],
            member_id=UUID(made["holder"]) if made["holder"] else None,
            expires_at=self._end_of(made["last_day"]),
            into_debt=made["into_debt"],
        )


class ExtendForm(_AdjustmentForm):
    expiring = forms.ChoiceField(label=gettext_lazy("Which points"), widget=forms.RadioSelect)
    last_day = _day_field(gettext_lazy("Good through"), required=True)
    field_order = ("expiring", "last_day", "reason")

    def __init__(self, data: Any, *, expiring: list[Due], **about: Any) -> None:
        super().__init__(data, **about)
        voice = self.voice
        self.fields["expiring"].choices = [
            (
                due.at.isoformat(),
                _("%(amount)s, good through %(last_day)s")
                % {
                    "amount": voice.amount(due.amount, "points"),
                    "last_day": voice.last_day(due.at),
                },
            )
            for due in expiring
        ]

    def clean(self) -> None:
        day, expiring = self.cleaned_data.get("last_day"), self.cleaned_data.get("expiring")
        end = self._end_of(day)
        if end and expiring and end <= datetime.fromisoformat(expiring):
            self.add_error("last_day", _("Choose a day after the one on which they expire."))

    def wanted(self) -> Wanted:
        return self._wanted(
            AdjustmentAction.EXTEND,
            expiring_at=datetime.fromisoformat(self.cleaned_data["expiring"]),
            expires_at=self._end_of(self.cleaned_data["last_day"]),
        )


class ReinstateForm(_AdjustmentForm):
    expired = forms.ChoiceField(label=gettext_lazy("Which points"), widget=forms.RadioSelect)
    last_day = _day_field(
        gettext_lazy("Good through"),
        required=False,
        help_text=gettext_lazy("Left empty, the program’s expiry applies."),
    )
    field_order = ("expired", "last_day", "reason")

    def __init__(self, data: Any, *, expired: list[Expired], **about: Any) -> None:
        super().__init__(data, **about)
        voice = self.voice
        self.fields["expired"].choices = [
            (str(gone.entry_id), _expired_text(gone, voice)) for gone in expired
        ]

    def clean_last_day(self) -> date | None:
        return self._clean_day("last_day")

    def wanted(self) -> Wanted:
        return self._wanted(
            AdjustmentAction.REINSTATE,
            expired_by_id=UUID(self.cleaned_data["expired"]),
            expires_at=self._end_of(self.cleaned_data["last_day"]),
        )


def _expired_text(gone: Expired, voice: Voice) -> str:
    points = voice.amount(gone.amount, "points")
    return _("%(points)s that expired after %(last_day)s") % {
        "points": points,
        "last_day": voice.last_day(gone.at),
    }


class TermsForm(forms.ModelForm):
    class Meta:
        model = CorrectionTerms
        fields = ("approval_above", "transfers", "grace_days")
        labels = {
            "approval_above": gettext_lazy("A second person approves above"),
            "transfers": gettext_lazy("People of an account may pass points on to each other"),
            "grace_days": gettext_lazy("Days of grace"),
        }
        help_texts = {
            "approval_above": gettext_lazy(
                "Several adjustments of one person for one account within 24 hours count together."
            ),
            "grace_days": gettext_lazy(
                "When a redemption is refunded after its points expired, they are good "
                "for so many days more. Left empty, they expire again at once."
            ),
        }

    def __init__(self, *args: Any, sets_limit: bool, **kwargs: Any) -> None:
        """Whoever is held by the limit must not lift it: without `sets_limit` it is only shown."""
        super().__init__(*args, **kwargs)
        if not sets_limit:
            limit = self.fields["approval_above"]
            limit.disabled = True
            limit.help_text = _("%(help)s Only an owner changes it.") % {"help": limit.help_text}

    def clean_approval_above(self) -> int:
        most = self.cleaned_data["approval_above"]
        if most < 0:
            raise forms.ValidationError(_("Zero asks for approval of everything."))
        return most
