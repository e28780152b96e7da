"""The field with which somebody hands in a proof."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.files import LARGEST
from accounts.sniffing import ENDINGS

ACCEPTED = ",".join(ending for endings in ENDINGS.values() for ending in endings)


def proof_field(*, required: bool = False) -> forms.FileField:
    """What is taken is decided by the file's bytes; the browser only offers what is likely."""
    return forms.FileField(
        label=_("Proof"),
        required=required,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text=format_lazy(
            _("An invoice or delivery note: PDF, picture, Excel, CSV or text, at most {most} MB."),
            most=LARGEST // 1024**2,
        ),
    )
