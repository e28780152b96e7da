"""Documents of a deal, handed in and fetched by other systems; content is base64 in the JSON."""

import binascii
from base64 import b64decode, b64encode
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.files import LARGEST, CannotKeep, content_of
from accounts.models import File
from loyalty.api.commands import command, created
from loyalty.api.deals import one_deal
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import narrowed
from loyalty.api.pages import page
from loyalty.api.shapes import Body
from partners.deals.documents import add_document
from partners.deals.steps import NotNow
from partners.models import Deal, DealDocument

LONGEST = 4 * LARGEST // 3 + 4  # characters of base64


@extend_schema_field({"type": "string", "format": "byte", "maxLength": LONGEST})
class Base64Text(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST, **kwargs)

    def to_internal_value(self, data: Any) -> bytes:
        text = super().to_internal_value(data)
        try:
            return b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError("This is not base64 (RFC 4648, section 4).") from None


class DocumentBody(Body):
    """What kind of file it is, its bytes say; the name is for people."""

    name = serializers.CharField(max_length=120)
    content = Base64Text()
    account = serializers.CharField(
        max_length=64,
        required=False,
        help_text="Whose people read it: an account on the deal, at first the one that registered.",
    )


class DocumentShape(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    digest = serializers.CharField(help_text="SHA-256 of its content, in hexadecimal.")
    account = serializers.CharField(help_text="Whose people read it.")
    uploaded_at = serializers.DateTimeField()
    uploaded_by = serializers.CharField()


class WholeDocumentShape(DocumentShape):
    """A document with its content."""

    content = serializers.CharField(help_text="Base64.")


SHOWN = {
    "id": "0197f7a0-0000-7000-8000-0000000000d1",
    "name": "offer.pdf",
    "media_type": "application/pdf",
    "size": 20,
    "digest": "2f5b1c0e5a7cbb6a4fbd4a4e8f2a3f6f5f0a1f6c7d8e9f0a1b2c3d4e5f6a7b8c",
    "account": "D-1",
    "uploaded_at": "2026-06-01T09:00:00Z",
    "uploaded_by": "key:0197f7a0-0000-7000-8000-000000000003",
}
CONTENT = "JVBERi0xLjcgb2ZmZXIKJSVFT0Y="


class DealDocumentsView(Edge):
    """Documents of a deal, and handing one in."""

    scopes = {"GET": "deals:read", "POST": "deals:write"}

    @documented(
        "list_deal_documents",
        "Documents of a deal, the first one first",
        answers={200: DocumentShape},
        problems=(404,),
        examples=[example("An offer", SHOWN)],
        is_page=True,
    )
    def get(self, request: Request, deal_id: UUID) -> Response:
        narrowed(request, ())
        found = one_deal(deal_id)
        rows = found.documents.select_related("file__account")
        return page(
            request, rows, by=("id",), shape=lambda some: [document_data(one.file) for one in some]
        )

    @documented(
        "add_deal_document",
        "Hand in a document of a deal",
        body=DocumentBody,
        answers={201: DocumentShape},
        problems=(404,),
        examples=[
            sent("An offer", {"name": "offer.pdf", "content": CONTENT}),
            example("Kept", SHOWN, status=201),
        ],
        is_command=True,
    )
    @command(DocumentBody, refused={NotNow: 409, CannotKeep: 422})
    def post(self, request: Request, given: dict[str, Any], deal_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        deal = one_deal(deal_id)
        upload: Any = SimpleUploadedFile(given["name"], given["content"])
        add_document(
            deal.pk,
            upload,
            account_id=_account_of(deal, given.get("account", deal.account.number)),
            actor=request.auth.actor,
            now=timezone.now(),
        )
        # the deal is locked until the end of this request: the last one is this one
        kept = deal.documents.select_related("file__account").latest("id").file
        return created(document_data(kept), "api_deal_document", deal.pk, kept.pk)


class DealDocumentView(Edge):
    """One document of a deal, with its content."""

    scopes = {"GET": "deals:read"}

    @documented(
        "read_deal_document",
        "A document of a deal, with its content",
        answers={200: WholeDocumentShape},
        problems=(404,),
        examples=[example("An offer", SHOWN | {"content": CONTENT})],
    )
    def get(self, request: Request, deal_id: UUID, file_id: UUID) -> Response:
        narrowed(request, (), pages=False)
        rows = DealDocument.objects.select_related("file__account")
        found = get_object_or_404(rows, deal_id=deal_id, file_id=file_id).file
        content = b64encode(content_of(found)).decode()
        return Response(document_data(found) | {"content": content})


def document_data(file: File) -> dict[str, Any]:
    plain = ("name", "media_type", "size", "digest", "uploaded_at", "uploaded_by")
    return {name: getattr(file, name) for name in plain} | {
        "id": file.pk,
        "account": file.account.number if file.account else "",
    }


def _account_of(deal: Deal, number: str) -> UUID:
    """The account on the deal with this number; any other is as good as none."""
    for account in (deal.reseller, deal.distributor):
        if account is not None and account.number == number:
            return account.pk
    raise Http404
