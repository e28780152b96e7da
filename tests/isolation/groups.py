"""Roles that routes let in together, and what their requests say alike."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.isolation.calls import Values

PEOPLE = ("owner", "manager")
MONEY = ("owner", "manager", "finance")
TREASURERS = ("owner", "finance")
READERS = ("owner", "manager", "finance", "analyst")
CALLERS = ("rep", "other_rep", "owner", "manager")
PARTNERS = ("viewer", "member", "admin", "neighbor")
PLACED = (*READERS, "rep", "other_rep", *PARTNERS)
# Whose own accounts these are; owners and managers may look into the field, and own none.
NOT_THEIRS = {"owner": 404, "manager": 404}
LATER = (timezone.now() + timedelta(days=30)).date().isoformat()


def idempotent(values: Values) -> dict[str, str]:
    return {"idempotency-key": values("command")}


def csv_file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("rows.csv", text.encode(), content_type="text/csv")
