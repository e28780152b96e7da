"""JSON as it was written: numbers stay decimal, and what JSON does not know is refused."""

import json
from decimal import Decimal
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


class ExactJSONParser(BaseParser):
    """1240.55 becomes Decimal("1240.55"): a binary float on the way would move cents."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        return exact_json(stream.read())


def exact_json(body: bytes) -> Any:
    """What the JSON says; ParseError where it is none."""
    try:
        return json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"This is not JSON in UTF-8: {error}") from None


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")
