"""The language of pages: the reader's own choice, else what their browser asks for."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

Handler = Callable[[HttpRequest], HttpResponse]

# Pictures, colors and icons say nothing; whoever fetches them need not be looked up.
WORDLESS = "/brand/"
# Pages for everybody are the same for everybody, and kept so: nobody is looked up for them.
FOR_ALL = ("/partners/", "/sitemap.xml", "/robots.txt")
# Read by systems, which compare what they are answered and log it: in one language, always.
FOR_SYSTEMS = "/api/"


class LanguageMiddleware:
    """Chosen under "What you hear of", where letters take theirs from too.

    A file or a part that is streamed later must hold its words by then: they are said in here.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(WORDLESS):
            return self.get_response(request)
        if request.path.startswith(FOR_SYSTEMS):
            with translation.override(settings.LANGUAGE_CODE):
                return self.get_response(request)
        chosen = "" if request.path.startswith(FOR_ALL) else _chosen_by(request)
        language = _spoken(chosen) or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language",))
        return response


def _chosen_by(request: Any) -> str:
    """What the reader chose at this tenant, found together with their place here."""
    if request.staff:
        return request.staff.language
    return request.members[0].language if request.members else ""


def _spoken(language: str) -> str:
    return language if language in dict(settings.LANGUAGES) else ""
