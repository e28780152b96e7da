"""What the OpenAPI document says of an operation, in one line each."""

from collections.abc import Callable, Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from accounts.commands import MAX_KEY
from loyalty.api.commands import HEADER, REPLAYED
from loyalty.api.edge import Edge
from loyalty.api.pages import MOST, USUAL
from loyalty.api.problems import CONTENT_TYPE, HOW_TO_SEND_A_KEY
from loyalty.api.shapes import ProblemShape

Shape = type[serializers.Serializer]

# status -> (what it means, the sentence of the example)
PROBLEMS: Mapping[int, tuple[str, str]] = {
    400: ("The request cannot be read.", "“limit” is a whole number from 1 to 200."),
    401: ("There is no key, or it opens nothing.", HOW_TO_SEND_A_KEY),
    403: (
        "The key lacks the scope that this needs.",
        "This key lacks the scope activities:write; make one that has it in Console, Keys.",
    ),
    404: ("It does not exist, or is not yours to see.", "There is nothing at this address."),
    409: (
        "It contradicts what was sent or decided before; nothing moved.",
        "The key 7f1c came before with other content. Nothing moved.",
    ),
    413: ("It is too much at once.", "Send 1 to 10,000 facts at a time; these are 10,001."),
    415: ("The content is not JSON.", "Unsupported media type “text/plain” in request."),
    422: ("It was understood and refused; nothing moved.", "This does not fit; see “errors”."),
    429: (
        "The key called too often; `Retry-After` says when to go on.",
        "This key may call 6,000 times in 60 seconds; go on in 12.",
    ),
}
ALWAYS = (401, 403, 429)
IDEMPOTENCY = (
    f"The same `{HEADER}` with the same content is answered as the first time, with the header "
    f"`{REPLAYED}: true`, and nothing moves; with other content it is a conflict (409). Keys are "
    "remembered for ever."
)


ABOUT = """Facts in; points, tiers and their reasons out.

**Keys** are made in Console, Keys, each with its scopes: `Authorization: Bearer <secret>`.

**Commands** take an `Idempotency-Key`: the same one with the same content is answered as the first
time, for ever, success and refusal alike, and nothing moves; with other content it is a conflict.

**Lists** answer `items` and `next`, the address of the next page or null. What is added while
somebody reads is neither told twice nor makes anything skipped.

**Numbers**: points are whole numbers; money and quantities are decimal text. Instants are UTC.

**Errors** are problem details (RFC 9457); `detail` says how to mend it, `code` tells cases of one
status apart, `errors` points into the body.

**Webhooks** send events as they happen to an endpoint of yours: a POST whose body is an item of
`GET /api/v1/events` without its `id`, which is in the header `webhook-id`: the same for every
attempt, so that what comes twice is known. `webhook-signature` and `webhook-timestamp` are those
of [Standard Webhooks](https://www.standardwebhooks.com), whose libraries verify them. Answer 2xx
within ten seconds. Anything else, a redirect too, is tried again up to nine times within three
days; `Retry-After` of a 429 or 503 is granted, and 410 ends it all. The order is not promised;
`GET /api/v1/events` has it.

**Rebates** tell each step: `agreement.offered`, `agreement.accepted`, `agreement.begun`,
`agreement.ended`, `agreement.closed`; `rebate.statement_issued`, `rebate.line_disputed`,
`rebate.dispute_withdrawn`, `rebate.dispute_resolved`, `rebate.statement_accepted`,
`rebate.approved`, `rebate.set_off`, `rebate.trued_up`, `rebate.paid`, `rebate.returned`,
`rebate.credited`. Their money: `bank_details.entered`; `payment_run.prepared`,
`payment_run.approved`, `payment_run.canceled`, `payment_run.file_taken`,
`payment_run.executed`; `payment.returned`.

**Partners** tell what they do together with you: `survey.asked`, `survey.reminded`,
`survey.answered`; `support.asked`, `support.taken`, `support.answered`, `support.added`,
`support.done`, `support.declined`, `support.withdrawn`; `plan.proposed`, `plan.agreed`,
`plan.rejected`, `plan.withdrawn`, `plan.task_done`, `plan.noted`, `plan.ended`.

**Limits**: `RateLimit` says how many calls remain; beyond them the answer is 429, and `Retry-After`
says when to go on.
"""


def documented(
    operation_id: str,
    summary: str,
    *,
    answers: Mapping[int, Any],
    description: str = "",
    body: Any = None,
    problems: Sequence[int] = (),
    parameters: Sequence[OpenApiParameter] = (),
    examples: Sequence[OpenApiExample] = (),
    is_command: bool = False,
    is_key_needed: bool = True,
    is_page: bool = False,
) -> Callable[[Any], Any]:
    """`answers` are shapes by status; `problems` are statuses besides those every operation has."""
    statuses = {*ALWAYS, *problems}
    more = [*parameters]
    if is_page:
        examples = [example(one.name, {"items": [one.value], "next": None}) for one in examples]
        answers = {status: paged(shape) for status, shape in answers.items()}
        statuses |= {400, 422}
        more += _paging()
    if is_command:
        description = f"{description}\n\n{IDEMPOTENCY}".strip()
        statuses |= {400, 409, 415, 422}
        more += _command_headers(answers, is_key_needed)
    more += _rate_headers({*answers, *statuses} - {401})
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=description or summary,
        parameters=more,
        request=body,
        responses={**answers, **dict(map(_problem, sorted(statuses)))},
        examples=examples or None,
    )


def paged(shape: Shape) -> Shape:
    """The shape of a page of `shape`."""
    name = shape.__name__.removesuffix("Shape")
    fields = {
        "items": shape(many=True),
        "next": serializers.URLField(
            allow_null=True, help_text="The address of the next page; null on the last one."
        ),
    }
    return type(f"{name}PageShape", (serializers.Serializer,), fields)


def example(name: str, value: Any, *, status: int = 200) -> OpenApiExample:
    """An answer as it looks."""
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)])


def sent(name: str, value: Any) -> OpenApiExample:
    """A body as it looks."""
    return OpenApiExample(name, value=value, request_only=True)


def _problem(status: int) -> tuple[tuple[int, str], OpenApiResponse]:
    meaning, sentence = PROBLEMS[status]
    title = HTTPStatus(status).phrase
    told = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
    shown = OpenApiExample(title, value=told, response_only=True, media_type=CONTENT_TYPE)
    return (status, CONTENT_TYPE), OpenApiResponse(ProblemShape, meaning, [shown])


def _rate_headers(statuses: Collection[int]) -> list[OpenApiParameter]:
    said = {
        "RateLimit-Policy": "How many calls (q) a key may make in how many seconds (w).",
        "RateLimit": "How many calls remain (r), and for how many seconds (t).",
    }
    return [
        OpenApiParameter(name, str, "header", description=text, response=sorted(statuses))
        for name, text in said.items()
    ]


def _paging() -> list[OpenApiParameter]:
    limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
    return [
        OpenApiParameter("limit", limit, description="How many on a page."),
        OpenApiParameter(
            "cursor",
            {"type": "string", "pattern": "^[A-Za-z0-9_:=-]+$"},
            description="Where to read on: the one in “next”.",
        ),
    ]


def _command_headers(answers: Mapping[int, Any], is_key_needed: bool) -> list[OpenApiParameter]:
    key = {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]+$"}
    found = [
        OpenApiParameter(
            HEADER,
            key,
            "header",
            required=is_key_needed,
            description="A new one for each command, the same one when it is repeated.",
        ),
        OpenApiParameter(
            REPLAYED,
            str,
            "header",
            response=True,
            description="“true” where this was answered before.",
        ),
    ]
    if 201 in answers:
        found.append(
            OpenApiParameter(
                "Location", str, "header", response=[201], description="Where to read it."
            )
        )
    return found


def tell_the_rest(result: dict[str, Any], generator: Any, **more: Any) -> dict[str, Any]:
    """What holds of all operations, and of each which scope it needs; drf-spectacular calls it."""
    result["info"]["description"] = ABOUT
    for path, _, method, view in generator._get_paths_and_endpoints():
        if isinstance(view, Edge):
            said = f"\n\nNeeds a key with the scope `{view.scopes[method]}`."
            result["paths"][path][method.lower()]["description"] += said
    return result
