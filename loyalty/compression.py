"""Pages go over the wire compressed, but for those that show a secret once."""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressionMiddleware(GZipMiddleware):
    """Compresses what people's browsers are sent; static files are compressed where they are made.

    The size of a compressed page can tell of its secrets to who makes others open it with guesses
    in its address (BREACH). Django pads each answer by a random length, its form tokens differ
    from page to page, and sessions do not come along with requests of other sites. Keys, codes and
    invitations are no part of the game at all: what must not be stored is not compressed.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if "no-store" in response.get("Cache-Control", ""):
            return response
        return super().process_response(request, response)
