"""A file that somebody handed in, given out so that no browser ever opens it as a page of ours."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from accounts.files import content_of
from accounts.models import File


def file_answer(file: File) -> HttpResponse:
    """Saved rather than shown, as the type that its bytes have; were it opened all the same, it
    could neither run nor load anything."""
    return HttpResponse(
        content_of(file),
        content_type=file.media_type,
        headers={
            "Content-Disposition": content_disposition_header(True, file.name),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
