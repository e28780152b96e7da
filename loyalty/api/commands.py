"""How the API takes a command: done once under its Idempotency-Key, answered alike for ever.

An edge is written so, in `loyalty/api/<resource>.py`, with its route in `loyalty/api/urls.py`, its
scopes in `accounts.keys.SCOPES` and its entry in `tests/isolation/routes/`:

    class AdjustmentBody(Body):                      # refuses unknown fields and wrong types
        account = serializers.CharField(max_length=64)
        points = serializers.IntegerField()
        reason = serializers.CharField(max_length=200)


    class AdjustmentsView(Edge):
        scopes = {"POST": "adjustments:write"}

        @documented(
            "request_adjustment",
            "Add points to an account, or take some off",
            body=AdjustmentBody,
            answers={201: AdjustmentShape},
            problems=(404, 409, 422),
            is_command=True,
        )
        @command(AdjustmentBody, refused={InDebt: 422, AlreadyDecided: 409})
        def post(self, request: Request, given: dict[str, Any]) -> Response:
            account = get_object_or_404(Account, number=given["account"])
            made = request_adjustment(account=account, ..., actor=request.auth.actor, now=now)
            return created(_shape(made), "api_adjustment", made.pk)

The view finds, makes one call and answers; the rule raises its named errors. What `refused` names
becomes a problem with the error's own sentence, and nothing of what was begun stays. Success and
refusal alike are kept with the command, in the transaction of its effect, and told again when it
comes again. What must be shown only once has no place in such an answer: it would be kept.
"""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import commands
from accounts.commands import MAX_KEY, Identity, Told
from loyalty.api.problems import CONTENT_TYPE, Problem, problem, problem_response

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
OWNER = "api"  # one for all keys of the API: a system whose key was replaced repeats itself safely
LONGEST_KEPT = 80  # characters that rules keep of the key that their request came with
_KEY = re.compile("[!-~]+")
NO_REFUSALS: Mapping[type[Exception], int] = MappingProxyType({})

Run = Callable[..., Response]


def command(
    body: type[serializers.Serializer] | None = None,
    *,
    refused: Mapping[type[Exception], int] = NO_REFUSALS,
    is_key_needed: bool = True,
    keeps_refusals: bool = True,
    is_secret: bool = False,
) -> Callable[[Run], Run]:
    """Make `view.post(request, [given,] **path)` a command.

    `body` reads the content, which arrives as `given`; without one the view reads it itself.
    `refused` says which errors of rules are refusals, and of which status. Without
    `keeps_refusals` a refused command may come again under its key and is tried anew: for what has
    another permanent identity, as facts have. `is_secret` content is known again by a keyed digest:
    a mere one would give a number of which most is known away to whoever reads the database.
    """

    def decorate(view_method: Run) -> Run:
        @wraps(view_method)
        def handler(view: Any, request: Request, **path: Any) -> Any:
            content = request.data
            identity = _identity(request, content, is_key_needed, is_secret)
            told = _recall(identity) if identity else None
            if told is not None:
                return _told_again(told)
            given = (_read(body, content),) if body else ()
            if identity is None:
                return view_method(view, request, *given, **path)
            response = _run(view_method, refused, view, request, *given, **path)
            if response.status_code < HTTPStatus.BAD_REQUEST or keeps_refusals:
                _keep(identity, response, actor=request.auth.actor)
            return response

        return handler

    return decorate


def key_of(request: Request) -> str:
    """The command's key as rules keep it: whole where it fits; cut short, two keys that begin alike
    would be one."""
    key = request.headers[HEADER]
    return key if len(key) <= LONGEST_KEPT else sha256(key.encode()).hexdigest()


def created(body: Any, route: str, *path: Any) -> Response:
    """201 with the address of what was made."""
    return Response(body, status=201, headers={"Location": reverse(route, args=path)})


def _identity(request: Request, content: Any, is_needed: bool, is_secret: bool) -> Identity | None:
    key = request.headers.get(HEADER)
    if key is None and not is_needed:
        return None
    route = f"{request.method} {request.path}"
    query = request.META.get("QUERY_STRING", "")
    said = _canonical(content)
    if is_secret:
        said = salted_hmac("loyalty.api.commands", said, algorithm="sha256").hexdigest()
    return Identity(
        owner=OWNER,
        key=_bare(key or ""),
        route=route,
        digest=commands.digest_of(route, query, said),
    )


def _bare(key: str) -> str:
    """The key without the quotes that the header's own standard puts around it."""
    bare = key[1:-1] if len(key) > 2 and key[0] == key[-1] == '"' else key
    if len(bare) > MAX_KEY or not _KEY.fullmatch(bare):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            f"Send {HEADER} with 1 to {MAX_KEY} visible ASCII characters, a new one for each "
            "command and the same one when you repeat it.",
            code="idempotency_key_missing" if not key else "idempotency_key_unfit",
        )
    return bare


def _canonical(content: Any) -> str:
    """The content, however its keys are ordered and its JSON is spaced."""
    try:
        return json.dumps(content, sort_keys=True, default=_exact)
    except RecursionError:
        raise Problem(HTTPStatus.BAD_REQUEST, "This JSON is nested too deeply.") from None


def _exact(value: Decimal) -> Any:
    """The one type of `loyalty.api.parsing` that JSON's own encoder does not know."""
    return {"number": str(value)}


def _recall(identity: Identity) -> Told | None:
    try:
        return commands.recall(identity)
    except commands.OtherContent as error:
        raise Problem(HTTPStatus.CONFLICT, str(error), code="idempotency_key_reused") from error
    except commands.InProgress as error:
        raise Problem(
            HTTPStatus.CONFLICT,
            f"{error} Ask again in a second.",
            code="idempotency_key_in_progress",
            headers={"Retry-After": "1"},
        ) from error


def _read(body: type[serializers.Serializer], content: Any) -> Any:
    reader = body(data=content)
    reader.is_valid(raise_exception=True)
    return reader.validated_data


def _run(view_method: Run, refused: Mapping[type[Exception], int], *args, **path) -> Response:
    """A refusal leaves nothing behind of what was begun; what nobody foresaw stays an error."""
    try:
        with transaction.atomic():
            response = view_method(*args, **path)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                transaction.set_rollback(True)
            return response
    except tuple(refused) as refusal:
        status = next(refused[kind] for kind in type(refusal).__mro__ if kind in refused)
        return problem(status, str(refusal))
    except (Http404, APIException) as refusal:
        response = problem_response(refusal, {})
        if response is None or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        return response


def _keep(identity: Identity, response: Response, *, actor: str) -> None:
    text = JSONRenderer().render(response.data).decode()
    told = Told(response.status_code, text, response.headers.get("Location", ""))
    commands.keep(identity, told, actor=actor, recorded_at=timezone.now())


def _told_again(told: Told) -> HttpResponse:
    is_problem = told.status >= HTTPStatus.BAD_REQUEST
    headers = {REPLAYED: "true"} | ({"Location": told.location} if told.location else {})
    return HttpResponse(
        told.body,
        status=told.status,
        content_type=CONTENT_TYPE if is_problem else "application/json",
        headers=headers,
    )
