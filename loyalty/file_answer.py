"""Files that are given out: saved rather than shown, so that no browser ever opens one as a page of
ours, and kept by nobody on the way."""

from typing import IO, Any

from django.http import FileResponse, HttpResponse
from django.utils.http import content_disposition_header

from accounts.files import content_of
from accounts.models import File

CSV = "text/csv; charset=utf-8"


def file_answer(file: File) -> HttpResponse:
    """What somebody handed in, as the type that its bytes have."""
    response = download(content_of(file), name=file.name, media_type=file.media_type)
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def download(content: bytes | str | IO[bytes], *, name: str, media_type: str = CSV) -> Any:
    """`content`, or what an open file holds, saved as `name`. Were it opened all the same, it could
    neither run nor load anything; and no cache gives it to whoever reads here next."""
    is_text = isinstance(content, bytes | str)
    response = (HttpResponse if is_text else FileResponse)(content, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
