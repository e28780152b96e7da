"""Countries by their two letters, in the reader's language."""

from babel import Locale
from django.utils.translation import get_language


def country_name(code: str) -> str:
    """The code itself where nobody knows it."""
    return _names().get(code, code)


def country_choices() -> list[tuple[str, str]]:
    known = [(code, name) for code, name in _names().items() if len(code) == 2 and code.isalpha()]
    return [("", "—"), *sorted(known, key=lambda pair: pair[1])]


def _names() -> dict[str, str]:
    return dict(Locale.parse((get_language() or "en").replace("-", "_")).territories)
