"""The shapes of agreements that are being written, as the API's document tells them."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from loyalty.api.agreement_shapes import DIGEST, SHOWN, PaperShape
from loyalty.api.shapes import Body
from rebates.drafting import MOST_DAYS
from rebates.models import Method, PaidTo, Party, Period, Settles
from rebates.term_values import LARGEST, LONGEST_NAME, MOST_LISTED
from rebates.terms import (
    MEASURES,
    METHODS,
    MOST_BANDS,
    MOST_NET_OF,
    MOST_PERIODS,
    POSITIONS,
    PREVIOUS,
    RETURNS,
    YEAR_BEFORE,
)

# What `rebates.terms.parse_terms` reads.
_EXACT = {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0, "maximum": LARGEST}]}
_WHOLE = {"type": "integer", "minimum": 0, "maximum": LARGEST}
_NAME = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}


def _names(least: int = 0, most: int = MOST_LISTED) -> dict[str, Any]:
    return {"type": "array", "items": _NAME, "minItems": least, "maxItems": most}


def _one_of(words: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


def _object(needed: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | {"required": list(needed)} if needed else found


TERMS = _object(
    ("bands",),
    measure=_one_of(MEASURES),
    kinds=_names(least=1),
    lines=_names(),
    earning_lines=_names(),
    returns=_one_of(RETURNS),
    net_of=_names(most=MOST_NET_OF),
    position=_one_of(POSITIONS),
    base=_object(
        given=_WHOLE | {"minimum": 1},
        periods=_WHOLE | {"minimum": 1, "maximum": MOST_PERIODS},
        of=_one_of((PREVIOUS, YEAR_BEFORE)),
        plus=_EXACT,
        floor=_WHOLE | {"nullable": True},
        ceiling=_WHOLE | {"nullable": True},
    )
    | {"nullable": True},
    method=_one_of(METHODS),
    bands={
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_BANDS,
        "items": _object(("from", "rate"), **{"from": _EXACT, "rate": _EXACT}),
    },
    guaranteed=_EXACT,
    falling={"type": "boolean"},
    cap=_WHOLE | {"nullable": True},
    minimum=_WHOLE,
    tier_multipliers={
        "type": "object",
        "maxProperties": MOST_BANDS,
        "additionalProperties": _EXACT,
    },
)


@extend_schema_field(TERMS)
class TermsField(serializers.DictField):
    """Read by `rebates.terms`, which says what does not fit."""


TERMS_HELP = (
    "How the rebate is calculated. What may have decimals is decimal text; amounts and volumes are "
    "in smallest units: cents, ten-thousandths of a quantity, points."
)


class VersionBody(Body):
    """What a version says; what is left out is as it was, or as usual in a new agreement."""

    terms = TermsField(required=False, help_text=TERMS_HELP)
    condition = serializers.DictField(
        required=False, help_text="Which accounts take part; {} means all."
    )
    settles = serializers.ChoiceField(choices=Settles.values, required=False)
    method = serializers.ChoiceField(choices=Method.values, required=False)
    points_rate = serializers.DecimalField(
        max_digits=12,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        required=False,
        allow_null=True,
        help_text="Points for 1.00 of the currency, where it is paid in points.",
    )
    grace_days = serializers.IntegerField(min_value=0, max_value=MOST_DAYS, required=False)
    answer_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, required=False)
    silence_accepts = serializers.BooleanField(required=False)
    needs_acceptance = serializers.BooleanField(required=False)


class AgreementBody(VersionBody):
    """Of `account`, `segment` and `tier` exactly the one that `party` names."""

    terms = TermsField(help_text=TERMS_HELP)
    program = serializers.CharField(max_length=40, help_text="Its slug.")
    code = serializers.SlugField(max_length=40, help_text="For systems; it stays for ever.")
    name = serializers.CharField(max_length=120, help_text="As partners read it.")
    party = serializers.ChoiceField(choices=Party.values)
    account = serializers.CharField(max_length=64, required=False, help_text="Its number.")
    segment = serializers.CharField(max_length=40, required=False, help_text="Its code.")
    tier = serializers.CharField(max_length=40, required=False, help_text="Its code.")
    paid_to = serializers.ChoiceField(choices=PaidTo.values, required=False)
    owner = serializers.EmailField(
        required=False, help_text="Who answers for it, and never approves what it pays."
    )
    period = serializers.ChoiceField(choices=Period.values)
    starts_on = serializers.DateField(help_text="The first day of a period.")
    ends_on = serializers.DateField(
        required=False, allow_null=True, help_text="The first day after its last period."
    )


class OfferBody(Body):
    digest = serializers.CharField(
        max_length=64, help_text="Of the draft as it was read: what reads otherwise is refused."
    )
    valid_from = serializers.DateField(
        required=False, help_text="First day of the first period it holds for."
    )


class EndBody(Body):
    on = serializers.DateField(help_text="The first day after its last period.")


class AgreementDraftShape(serializers.Serializer):
    """A version that is, or was, a draft, with the agreement it is of."""

    id = serializers.UUIDField()
    agreement = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    program = serializers.CharField()
    party = serializers.ChoiceField(choices=Party.values)
    account = serializers.CharField(allow_null=True)
    segment = serializers.CharField(allow_null=True)
    tier = serializers.CharField(allow_blank=True)
    paid_to = serializers.ChoiceField(choices=PaidTo.values)
    owner = serializers.EmailField(allow_null=True)
    currency = serializers.CharField()
    period = serializers.ChoiceField(choices=Period.values)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    number = serializers.IntegerField(help_text="Of the version.")
    valid_from = serializers.DateField()
    state = serializers.ChoiceField(choices=("draft", "offered", "discarded"))
    terms = serializers.DictField(help_text="In full, what was left out too.")
    condition = serializers.DictField()
    settles = serializers.ChoiceField(choices=Settles.values)
    method = serializers.ChoiceField(choices=Method.values)
    points_rate = serializers.CharField(allow_null=True)
    grace_days = serializers.IntegerField()
    answer_days = serializers.IntegerField()
    silence_accepts = serializers.BooleanField()
    needs_acceptance = serializers.BooleanField()
    papers = PaperShape(many=True)
    authors = serializers.ListField(child=serializers.CharField(), help_text="Who wrote at it.")
    digest = serializers.CharField()


DRAFT_SENT = {
    "program": "rewards",
    "code": "growth-2026",
    "name": "Growth 2026",
    "party": "account",
    "account": "D-1",
    "period": "quarter",
    "starts_on": "2026-04-01",
    "terms": {"method": "whole", "bands": [{"from": "1000000", "rate": "2"}]},
    "method": "credit_note",
}
TERMS_SENT = {"terms": {"method": "whole", "bands": [{"from": "1000000", "rate": "2.5"}]}}
DRAFT = {
    "id": "0197f7a0-0000-7000-8000-00000000001e",
    "agreement": SHOWN["id"],
    "code": "growth-2026",
    "name": "Growth 2026",
    "program": "rewards",
    "party": "account",
    "account": "D-1",
    "segment": None,
    "tier": "",
    "paid_to": "parent",
    "owner": None,
    "currency": "USD",
    "period": "quarter",
    "starts_on": "2026-04-01",
    "ends_on": None,
    "number": 1,
    "valid_from": "2026-04-01",
    "state": "draft",
    "terms": {
        "measure": "value",
        "kinds": ["purchase"],
        "lines": [],
        "earning_lines": [],
        "returns": "with_the_original",
        "net_of": [],
        "position": "absolute",
        "base": None,
        "method": "whole",
        "bands": [{"from": "1000000", "rate": "2"}],
        "guaranteed": "0",
        "falling": False,
        "cap": None,
        "minimum": 0,
        "tier_multipliers": {},
    },
    "condition": {},
    "settles": "period",
    "method": "credit_note",
    "points_rate": None,
    "grace_days": 5,
    "answer_days": 14,
    "silence_accepts": False,
    "needs_acceptance": True,
    "papers": [],
    "authors": ["key:0197f7a0-0000-7000-8000-000000000003"],
    "digest": DIGEST,
}
