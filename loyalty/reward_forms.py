"""Forms made from the types of rewards: what a redeemer is asked."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from rewards.asker import Purse
from rewards.models import Reward, RewardSlot
from rewards.models.catalogue import PaidBy
from rewards.reward_types import LONGEST, TYPES, Field
from rewards.voice import Voice


class AskForm(forms.Form):
    """What the type asks, the slot where it has slots, the purse where there are two."""

    prefix = None

    def __init__(
        self,
        *args: Any,
        reward: Reward,
        purses: Sequence[Purse],
        voice: Voice,
        slots: Sequence[RewardSlot],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._asks = TYPES[reward.type].asks
        if TYPES[reward.type].stock_from == "slots":
            self.fields["slot"] = forms.TypedChoiceField(
                label=_("When"),
                choices=[(str(slot.pk), slot_text(slot, voice)) for slot in slots],
                widget=forms.RadioSelect,
                error_messages={
                    "invalid_choice": _("Somebody has taken this time: choose another.")
                },
            )
        for field in self._asks:
            self.fields[field.name] = form_field(field)
        there = [purse for purse in purses if purse.wallet_id] or list(purses[:1])
        if len(there) > 1:
            self.fields["paid_by"] = forms.ChoiceField(
                label=_("Paid from"),
                choices=[(purse.holder, purse_text(purse, voice)) for purse in there],
                widget=forms.RadioSelect,
                initial=there[0].holder,
            )
        self._only = there[0].holder if there else PaidBy.ACCOUNT.value

    @property
    def answers(self) -> dict[str, Any]:
        return {
            field.name: self.cleaned_data[field.name]
            for field in self._asks
            if self.cleaned_data[field.name]
        }

    @property
    def paid_by(self) -> str:
        return self.cleaned_data.get("paid_by") or self._only

    def hidden(self) -> list[tuple[str, str]]:
        """(name, value) of all that was filled in, to be sent along with the confirmation."""
        return [(name, self.data.get(name, "")) for name in self.fields]


def slot_text(slot: RewardSlot, voice: Voice) -> str:
    return voice.minute(slot.starts_at) + (
        _(" with %(expert)s") % {"expert": slot.expert} if slot.expert else ""
    )


def purse_text(purse: Purse, voice: Voice) -> str:
    whose = _("Your own") if purse.holder == PaidBy.MEMBER else _("The account's")
    return f"{whose} {voice.points_name}: {voice.number(max(0, purse.available))}"


def form_field(field: Field) -> forms.Field:
    shared: dict[str, Any] = {
        "label": field.label,
        "required": field.required,
        "help_text": field.help,
    }
    if field.kind == "long":
        widget = forms.Textarea(attrs={"rows": 3})
        return forms.CharField(max_length=2000, widget=widget, **shared)
    if field.kind == "email":
        return forms.EmailField(max_length=LONGEST, **shared)
    if field.kind == "day":
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(widget=widget, **shared)
    if field.kind == "money":
        return forms.DecimalField(min_value=0, max_digits=14, **shared)
    if field.kind == "count":
        return forms.IntegerField(min_value=1, **shared)
    return forms.CharField(max_length=LONGEST, **shared)
