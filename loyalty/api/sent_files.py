"""Files out of JSON bodies, as `accounts.files` takes uploads."""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from rest_framework import serializers


@dataclass(slots=True)
class SentFile:
    name: str | None
    size: int | None
    file: BinaryIO


def sent_file(name: str, content: str, *, field: str) -> SentFile:
    """`content` is its base64. Raises DRF's ValidationError for `field` where it is none."""
    try:
        read = b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise serializers.ValidationError({field: ["A content is no base64."]}) from None
    return SentFile(name, len(read), BytesIO(read))
