"""Facts that come one by one, and at the same time, are taken in together.

A transaction with its round trips costs the same for one fact as for a dozen. So whoever comes with
a fact while this process takes in others of the same key waits until those are committed, and then
goes in one batch with everybody who waits: the group commit of databases. Nobody waits for company,
the first to come goes at once; and nobody is answered before the batch with his fact is committed.

Only the plain call goes this way. Whatever else there is to say (no such key, too many calls, a
body that is not JSON, a command under an Idempotency-Key) is said by the view, to which every call
goes on that is not answered here; so does each fact of a batch that failed as a whole.
"""

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import ParseError
from rest_framework.renderers import JSONRenderer

from accounts.keys import note_use, secret_hash_of
from accounts.kinds import is_ours
from accounts.middleware import entered, slug_in
from accounts.rates import Rate
from accounts.tenancy import entered_scope
from loyalty.api.activities import ActivitiesView, answer_to
from loyalty.api.commands import HEADER
from loyalty.api.edge import rate_after, tell_rate
from loyalty.api.parsing import exact_json
from loyalty.api.taking import DEFAULT_SOURCE, SCOPE, take
from loyalty.policy import allow_nothing
from rewards.intake import Outcome

logger = logging.getLogger(__name__)

LARGEST = 20_000  # bytes of one fact's JSON; larger ones would hold up those who go with them
# Where a batch waits so long for an account's lock (an import has it), the next goes past it.
PATIENCE = 0.05  # seconds
_SOURCE = re.compile(r"(?:source=([\w.-]{1,40}))?", re.ASCII)

Handler = Callable[[HttpRequest], HttpResponseBase]


class Group(NamedTuple):
    """Who may go together."""

    slug: str
    secret_hash: str
    source: str


@dataclass(eq=False, slots=True)
class Call:
    """One fact on its way. `outcome` stays None where the view is to answer."""

    raw: Any
    outcome: Outcome | None = None
    rate: Rate | None = None
    leads: "list[Call] | None" = None  # with whom to go, once it is this call's turn to take them
    woken: threading.Event = field(default_factory=threading.Event)


class TogetherMiddleware:
    """Stands before the tenant is entered: a batch enters it once."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        group = _group(request)
        raw = _fact(request) if group else None
        if group is None or raw is None:
            return self.get_response(request)
        call = Call(raw)
        _turnstile.pass_through(group, call)
        if call.outcome is None:
            return self.get_response(request)
        return _answer(call.outcome, call.rate)


class Turnstile:
    """Lets one batch of a group in at a time; who comes meanwhile forms the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Group, list[Call]] = {}  # with a key for each group that is inside

    def pass_through(self, group: Group, call: Call) -> None:
        with self._lock:
            is_first = group not in self._waiting
            self._waiting.setdefault(group, [])
            if not is_first:
                self._waiting[group].append(call)
        if is_first:
            self._lead(group, [call])
        elif not call.woken.wait(PATIENCE) and self._leave(group, call):
            _take_in(group, [call])
        else:
            call.woken.wait()
            if call.leads:
                self._lead(group, call.leads)

    def _lead(self, group: Group, calls: list[Call]) -> None:
        try:
            _take_in(group, calls)
        finally:
            self._let_in_the_next(group)
            for call in calls[1:]:
                call.woken.set()

    def _let_in_the_next(self, group: Group) -> None:
        with self._lock:
            waiting = self._waiting[group]
            if not waiting:
                del self._waiting[group]
                return
            self._waiting[group] = []
        waiting[0].leads = waiting
        waiting[0].woken.set()

    def _leave(self, group: Group, call: Call) -> bool:
        """Whether the call could still turn back from the queue and go alone."""
        with self._lock:
            waiting = self._waiting.get(group, [])
            if call not in waiting:
                return False
            waiting.remove(call)
            return True


_turnstile = Turnstile()


def _take_in(group: Group, calls: list[Call]) -> None:
    """Take the calls' facts in, all in one transaction."""
    try:
        with transaction.atomic():
            outcomes = _outcomes(group, calls)
    except Exception:
        # Each goes on by itself: what the others' trouble was is not this one's.
        logger.warning("%d facts could not be taken in together.", len(calls), exc_info=True)
        return
    for call, outcome in zip(calls, outcomes, strict=False):  # none for those above the limit
        # But in calls of their own: the second may well be right.
        if not outcome.came_twice:
            call.outcome = outcome


def _outcomes(group: Group, calls: list[Call]) -> list[Outcome]:
    tenant, key = entered(group.slug, group.secret_hash)
    if tenant is None or key is None or SCOPE not in key.scopes:
        return []
    with entered_scope(tenant.id):
        rate = rate_after(len(calls), key)
        allowed = calls[: len(calls) - rate.excess] if rate else calls
        for call in allowed:
            call.rate = rate
        now = timezone.now()
        note_use(key=key, today=now.date())
        raw = [call.raw for call in allowed]
        try:
            return take(raw, tenant=tenant, source=group.source, actor=key.actor, now=now)
        except Exception:
            rate_after(-len(allowed), key)  # the view counts them, each for itself
            raise


def _group(request: HttpRequest) -> Group | None:
    """With whom the call may go, if it is a plain one that brings a fact."""
    if request.path_info != _address() or request.method != "POST" or HEADER in request.headers:
        return None
    source = _SOURCE.fullmatch(request.META.get("QUERY_STRING", ""))
    secret_hash = secret_hash_of(request.headers.get("Authorization", ""))
    if source is None or secret_hash is None:
        return None
    named = source[1] or DEFAULT_SOURCE
    if is_ours(named):
        return None
    return Group(slug_in(request.get_host()), secret_hash, named)


@cache
def _address() -> str:
    return reverse("api_activities")


def _fact(request: HttpRequest) -> dict[str, Any] | None:
    length = request.META.get("CONTENT_LENGTH") or ""
    if request.content_type != "application/json" or not length.isdecimal():
        return None
    if int(length) > LARGEST:
        return None
    try:
        content = exact_json(request.body)
    except ParseError:
        return None
    return content if isinstance(content, dict) else None


def _answer(outcome: Outcome, rate: Rate | None) -> HttpResponse:
    """What the view would answer."""
    told = answer_to(outcome)
    response = HttpResponse(
        JSONRenderer().render(told.data),
        status=told.status_code,
        content_type=told.content_type or JSONRenderer.media_type,
        headers=_headers(),
    )
    response["Content-Length"] = str(len(response.content))
    if rate:
        tell_rate(response, rate)
    allow_nothing(response)
    return response


@cache
def _headers() -> dict[str, str]:
    view = ActivitiesView()
    view.setup(HttpRequest())
    return view.default_response_headers
