"""The form of an endpoint: its address, the system behind it, and the events it wants."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.outward import AddressRefused, read_address
from accounts.webhooks.kinds import BadKinds, read_kinds


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://hooks.example.com/loyalty"}),
        help_text=_("https, on the open internet. Redirects are not followed."),
    )
    description = forms.CharField(
        label=_("Description"),
        max_length=200,
        required=False,
        help_text=_("The system behind it, such as “CRM”."),
    )
    kinds = forms.CharField(
        label=_("Events"),
        initial="*",
        widget=forms.Textarea(attrs={"rows": 4, "class": "code", "spellcheck": "false"}),
        help_text=_(
            "One on each line: points.earned, all that begin alike as points.*, or * for "
            "everything that happens."
        ),
    )

    def clean_url(self) -> str:
        try:
            read_address(self.cleaned_data["url"])
        except AddressRefused as refused:
            raise forms.ValidationError(str(refused)) from None
        return self.cleaned_data["url"]

    def clean_kinds(self) -> list[str]:
        try:
            return read_kinds(self.cleaned_data["kinds"].splitlines())
        except BadKinds as bad:
            raise forms.ValidationError(str(bad)) from None
