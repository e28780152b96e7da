"""Passing points on, as people fill it in: whose, to whom, how many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from rewards.voice import Voice

ACCOUNT = "account"  # the account itself, among the people one can choose
MOST = 10**12


@dataclass(frozen=True, slots=True)
class Purse:
    """Points that the reader may pass on; `holder` is None for the account's."""

    holder: UUID | None
    available: int


class TransferForm(forms.Form):
    """`identity` is made with the empty form: sent twice, it moves once."""

    identity = forms.UUIDField(widget=forms.HiddenInput)
    giver = forms.ChoiceField(label=_("Whose points"), widget=forms.RadioSelect)
    taker = forms.ChoiceField(label=_("To whom"))
    amount = forms.IntegerField(label=_("How many"), min_value=1, max_value=MOST)
    reason = forms.CharField(
        label=_("What for"),
        max_length=300,
        required=False,
        help_text=_("Whoever gets them reads it."),
    )

    def __init__(
        self,
        data: Any,
        *,
        purses: Sequence[Purse],
        takers: Sequence[tuple[UUID, str]],
        account: str,
        voice: Voice,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial or {"identity": uuid7()})
        self.purses = {_named(purse.holder): purse for purse in purses}
        self.fields["giver"].choices = [
            (_named(purse.holder), _purse_text(purse, account, voice)) for purse in purses
        ]
        fullest = max(purses, key=lambda purse: purse.available, default=None)
        self.fields["giver"].initial = _named(fullest.holder) if fullest else None
        self.fields["taker"].choices = [
            ("", gettext("Choose…")),
            (ACCOUNT, gettext("{account} (the account)").format(account=account)),
            *((str(holder), name) for holder, name in takers),
        ]
        self.fields["amount"].label = gettext("How many {points}").format(points=voice.points_name)

    @property
    def purse(self) -> Purse:
        return self.purses[self.cleaned_data["giver"]]

    @property
    def taker_id(self) -> UUID | None:
        taker = self.cleaned_data["taker"]
        return None if taker == ACCOUNT else UUID(taker)

    @property
    def taker_name(self) -> str:
        return dict(self.fields["taker"].choices)[self.cleaned_data["taker"]]

    def clean(self) -> None:
        made = self.cleaned_data
        if made.get("giver") and made.get("giver") == made.get("taker"):
            self.add_error("taker", gettext("Choose somebody else to pass points on to."))
        purse = self.purses.get(made.get("giver", ""))
        if purse and made.get("amount", 0) > purse.available:
            said = gettext("Only {count} are available there.")
            self.add_error("amount", said.format(count=max(0, purse.available)))

    def hidden(self) -> list[tuple[str, str]]:
        """(name, value) of all that was filled in, to be sent along with the confirmation."""
        return [(name, self.data.get(name, "")) for name in self.fields]


def _named(holder: UUID | None) -> str:
    return str(holder) if holder else ACCOUNT


def _purse_text(purse: Purse, account: str, voice: Voice) -> str:
    whose = gettext("Your own {points}").format(points=voice.points_name)
    if purse.holder is None:
        said = gettext("{points} of {holder}")
        whose = said.format(points=capfirst(voice.points_name), holder=account)
    return f"{whose}: {voice.number(max(0, purse.available))}"
