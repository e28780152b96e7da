"""The sign-in pages of django-allauth in this house's wording."""

import re

from django import template
from django.forms import BaseForm
from django.utils.translation import get_language

register = template.Library()

_WORD_OR_TAG = re.compile(r"<[^>]*>|\b[A-Za-z]+")


@register.filter(is_safe=True)
def sentence_case(title: str) -> str:
    """“Change Password” as “Change password”. For titles that hold no names; TOTP stays.

    Only English has titles with a capital for each word; “E-Mail-Adresse” has its own.
    """
    if not (get_language() or "en").startswith("en"):
        return str(title)
    is_first = True

    def said(found: re.Match[str]) -> str:
        nonlocal is_first
        word = found[0]
        if word.startswith("<"):
            return word
        keeps, is_first = is_first or not word.istitle() or word == "I", False
        return word if keeps else word.lower()

    return _WORD_OR_TAG.sub(said, str(title))


@register.filter
def plainly(form: BaseForm) -> BaseForm:
    """The form with labels like those of other forms, and no placeholders that repeat them."""
    for field in form.fields.values():
        field.label = sentence_case(str(field.label or "")) or None
        field.widget.attrs.pop("placeholder", None)
    return form
