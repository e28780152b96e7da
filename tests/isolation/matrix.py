"""The matrix itself: routes x roles x positions, and what must hold of every answer."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import count
from typing import Any
from unittest.mock import patch

from django.template.backends.django import Template
from django.urls import reverse
from django.utils.safestring import SafeString

from tests.isolation.calls import Call, Values
from tests.isolation.rooms import ROOMS
from tests.isolation.routes import CONFS, ROUTES, enumerated
from tests.isolation.side import CANARY, MEMBERS, OUTSIDERS, STAFF
from tests.isolation.world import FOREIGN, NONE, ROLES, SIBLING, Answer, World

# Addresses of workspaces are public: anybody can open them in a browser.
PUBLIC = {"slug"}
SECOND_WALL = {
    "account",
    "agreement",
    "enrollment",
    "entry",
    "file",
    "rebate statement",
    "redemption",
    "sales report",
    *(kind for room in ROOMS for kind in room.OF_ACCOUNTS),
}
# Whose address names a thing of one tenant, for whoever has it: at another host it is nobody's.
BOUND = {
    "invitation",
    "notice_unsubscribe",
    *(name for room in ROOMS for name in getattr(room, "BOUND", ())),
}
# What a tenant shows to everybody who comes to its host.
PUBLISHED: dict[str, set[str]] = {
    name: {f"{CANARY}-{word}" for word in words}
    for room in ROOMS
    for name, words in getattr(room, "PUBLISHED", {}).items()
}
# What the first part of its address says of each route: whose face it is on.
FACE = {name: pattern.partition("/")[0] for name, pattern in enumerated().items()}
FACES = [name for name, face in FACE.items() if face in ("portal", "field", "console", "api")]
ASKERS = ("anonymous", "owner", "member", "other_owner")
# Who sees the same of a tenant, once let in: what their roles differ in is which doors are open,
# and that is asked for as each of them.
SEES = (
    ("owner", "manager", "finance", "analyst"),  # all accounts
    ("rep", "other_rep"),  # their own
    ("viewer", "member", "admin", "neighbor"),  # the one they belong to
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def leaks(
    world: World, names: Iterable[str] = ROUTES, roles: Iterable[str] = ROLES, **request
) -> Iterator[str]:
    """Everything that is wrong with these routes for these roles; nothing behind a sound wall."""
    turn = count()
    for name in names:
        for call in ROUTES[name].calls:
            asked: set[str] = set()  # at which door, and by whom of those who see the same
            for role in askers(name, call, roles, next(turn)):
                with blank_pages() if sight_of(role, call) in asked else nullcontext():
                    yield from _of_call(world, name, call, role, asked, request)


def askers(name: str, call: Call, roles: Iterable[str], turn: int) -> list[str]:
    """All of the roles but those whom the door takes for the same and whom it is to give the same
    answer: of them one asks, another one at each call."""
    alike: dict[tuple[str, int], list[str]] = {}
    for role in roles:
        alike.setdefault((taken_for(role, name), call.expects(role)), []).append(role)
    return [same[turn % len(same)] for same in alike.values()]


def taken_for(role: str, name: str) -> str:
    """Whom the door of a route sees in somebody: that of the API knows keys and no people, those of
    pages people and no keys; staff's doors ask what staff somebody is, partners' which member. That
    all views have these doors, and none its own, test_matrix sees to."""
    face = FACE[name]
    if face == "api":
        return role if role == "anonymous" or role.startswith("key_") else "somebody signed in"
    if role.startswith("key_"):
        return "nobody signed in who brings a key"
    if is_about_the_asker(name) and role not in ASKERS:
        return "somebody signed in"
    if face in ("console", "field", "portal") and role in OUTSIDERS:
        return "neither staff nor member"
    if face in ("console", "field") and role in MEMBERS:
        return "no staff"
    if face == "portal" and role in STAFF:
        return "no member"
    return role


def _of_call(
    world: World, name: str, call: Call, role: str, asked: set[str], request: dict[str, Any]
) -> Iterator[str]:
    where = f"{name} {call.method} {role}"
    answer = perform(world, name, call, role, **request)
    expected = call.expects(role)
    if answer.status != expected:
        yield f"{where}: {answer.status} instead of {expected}"
    yield from amiss(world, role, where, answer)
    taken = positions(world, name, call)
    if is_stopped(answer):  # at the door, whatever was asked for: all positions in one go
        if taken and door_of(role) not in asked:  # the same one stops all that come to it
            asked.add(door_of(role))
            yield from _compare_stopped(world, name, call, role, answer, taken, request)
        return
    if sight_of(role, call) in asked or (is_about_the_asker(name) and role not in ASKERS):
        return
    asked.add(sight_of(role, call))
    for position, kind in taken.items():
        second_wall = ROUTES[name].second_wall and kind in SECOND_WALL
        chosen = [{position: one} for one in ((FOREIGN, SIBLING) if second_wall else (FOREIGN,))]
        yield from _compare(world, name, call, role, chosen, taken, request)


@contextmanager
def blank_pages() -> Iterator[None]:
    """No template is drawn: what is asked inside is whether the door opens, not what the page says.
    Somebody who sees the same has looked at the page before."""
    with patch.object(Template, "render", lambda *_, **__: SafeString()):
        yield


def is_about_the_asker(name: str) -> bool:
    """Sign-in and security pages know people, and no role that anybody has at a tenant."""
    return name.startswith(("account_", "mfa_"))


def door_of(role: str) -> str:
    """What looks at who asks: the page for signing in, the API's keys, the roles of people."""
    return role if role == "anonymous" else "key" if role.startswith("key_") else "person"


def sight_of(role: str, call: Call) -> str:
    """What all have in common who see the same of a tenant and are answered in the same way."""
    first = next((same[0] for same in SEES if role in same), role)
    return f"{call.expects(role)} as for {first}"


def is_stopped(answer: Answer) -> bool:
    return answer.status in (401, 403) or answer.location.startswith("/sign-in/login/")


def _compare_stopped(
    world: World,
    name: str,
    call: Call,
    role: str,
    stopped: Answer,
    kinds: dict[str, str],
    request: dict[str, Any],
) -> Iterator[str]:
    """Who is stopped is told the same whoever owns what was asked for."""
    chosen = dict.fromkeys(kinds, FOREIGN)
    answer = perform(world, name, call, role, chosen, **request)
    yield from amiss(world, role, f"{name} {call.method} {role} {chosen}", answer)
    if answer.shape() != stopped.shape():
        yield from _compare(world, name, call, role, [chosen], kinds, request)


def _compare(
    world: World,
    name: str,
    call: Call,
    role: str,
    theirs: list[dict[str, str]],
    kinds: dict[str, str],
    request: dict[str, Any],
) -> Iterator[str]:
    """Identifiers of somebody else, all in the same positions, must be answered like one that
    nobody has."""
    is_public = any(kinds[position] in PUBLIC for position in theirs[0])
    nobodys = dict.fromkeys(theirs[0], NONE)
    of_none = perform(world, name, call, role, nobodys, **request)
    yield from amiss(world, role, f"{name} {call.method} {role} {nobodys}", of_none)
    for chosen in theirs:
        where = f"{name} {call.method} {role} {chosen}"
        answer = perform(world, name, call, role, chosen, **request)
        yield from amiss(world, role, where, answer)
        if not is_public and answer.shape() != of_none.shape():
            yield f"{where}: {_difference(answer, of_none)}"


def amiss(world: World, role: str, where: str, answer: Answer) -> Iterator[str]:
    """What may be in no answer to anybody."""
    if answer.status >= 500:
        yield f"{where}: {answer.status} {answer.elsewhere[-300:]}"
    for canary in world.canaries(answer, role)[:3]:
        yield f"{where}: shows {canary}"
    if answer.touched:
        yield f"{where}: changed rows of another tenant"


def _difference(one: Answer, other: Answer) -> str:
    (status, body), (other_status, other_body) = one.shape(), other.shape()
    if status != other_status:
        return f"{status}, but {other_status} where there is none"
    at = next(
        (i for i, (a, b) in enumerate(zip(body, other_body, strict=False)) if a != b),
        min(len(body), len(other_body)),
    )
    return f"{body[max(0, at - 40) : at + 60]!r}, not {other_body[max(0, at - 40) : at + 60]!r}"


def perform(
    world: World,
    name: str,
    call: Call,
    role: str,
    chosen: dict[str, str] | None = None,
    **request,
) -> Answer:
    values = Values(world, role, chosen or {})
    path = address(name, values)
    extra: dict[str, Any] = {"query_params": call.query(values)}
    body = call.body(values)
    if call.as_json:
        extra |= {"data": json.dumps(body), "content_type": "application/json"}
    elif call.method != "GET":
        extra["data"] = body
    host = "" if name.startswith("front ") else "alpha"
    extra |= {"host": host} | request
    extra["headers"] = call.headers(values) | extra.get("headers", {})
    return world.ask(role, call.method, path, sent=values.sent, **extra)


def address(name: str, values: Values) -> str:
    prefix = "front " if name.startswith("front ") else ""
    path = {part: values(kind, f"path {part}") for part, kind in ROUTES[name].path.items()}
    return reverse(name.removeprefix("front "), urlconf=CONFS[prefix], kwargs=path)


def positions(world: World, name: str, call: Call) -> dict[str, str]:
    """Where the call takes identifiers from: the position's name and the kind of identifier."""
    found: dict[str, str] = {}

    class Noting(Values):
        def __call__(self, kind: str, position: str = "") -> str:
            found[position or kind] = kind
            return super().__call__(kind, position)

    values = Noting(world, "admin", {})
    address(name, values)
    call.query(values)
    call.body(values)
    call.headers(values)
    return found


def summary(world: World, names: Iterable[str], *, requests: int, found: int) -> str:
    """The line that a run of the matrix prints."""
    names = list(names)
    places = sum(len(positions(world, name, call)) for name in names for call in ROUTES[name].calls)
    return (
        f"isolation: {len(names)} routes x {len(ROLES)} roles x {places} positions = "
        f"{requests} requests, {found} leaks"
    )


# ── What is no route's business ──────────────────────────────────────────────────────────────────

SPOOF = (
    {"x-forwarded-host": "beta.localhost", "x-tenant": "beta", "x-original-host": "beta.localhost"}
    | {"forwarded": "host=beta.localhost", "x-host": "beta.localhost", "x-slug": "beta"}
    | {"host": "ALPHA.localhost.:8000"}  # as good as any other way to write it
)
# One of each way to be somebody: what they are at their own tenant does not count at another's.
STRANGERS = ("anonymous", "owner", "rep", "member", "key_write", "key_revoked")


def served(call: Call, *roles: str) -> list[str]:
    """Those of the roles that get past the door; the first one where none does."""

    def is_served(role: str) -> bool:
        door = (302, 401, 403) if role == "anonymous" else (401, 403)
        return call.expects(role) not in door

    return [role for role in roles if is_served(role)] or [roles[0]]


def spoofed(world: World, names: Iterable[str] = ROUTES) -> Iterator[str]:
    """Answers that change when something besides the host's name claims to name the tenant."""
    for name in [name for name in names if not name.startswith("front ")]:
        call = ROUTES[name].calls[0]
        for role in served(call, "anonymous", "owner", "member", "key_read"):
            plain = perform(world, name, call, role)
            where = f"{name} {call.method} {role} {SPOOF}"
            answer = perform(world, name, call, role, headers=SPOOF)
            yield from amiss(world, role, where, answer)
            if answer.shape() != plain.shape():
                yield f"{where}: {_difference(answer, plain)}"


def at_another_host(world: World, names: Iterable[str] = ROUTES) -> list[str]:
    """What alpha's people get at beta's host: what any stranger gets, whatever they ask for."""
    found = []
    turn = count()
    for name in names:
        if name.startswith("front ") or is_about_the_asker(name):
            continue
        for call in ROUTES[name].calls:
            for role in _strangers(FACE[name], next(turn)):
                stranger = "key_revoked" if role.startswith("key") else "other_owner"
                stranger = role if role == "anonymous" else stranger
                expected = 404 if name in BOUND else call.expects(stranger)
                answer = perform(world, name, call, role, host="beta")
                where = f"{name} {call.method} {role} at beta"
                if answer.status != expected:
                    found.append(f"{where}: {answer.status} instead of {expected}")
                published = world.public_at_beta | PUBLISHED.get(name, set())
                shown = set(world.canaries(answer, role)) - published
                found += [f"{where}: shows {canary}" for canary in shown]
    return found


def _strangers(face: str, turn: int) -> list[str]:
    """Nobody, and in turn one of each other way to be somebody. The API's door tells keys apart."""
    people, keys = STRANGERS[1:4], STRANGERS[4:]
    asking = keys if face == "api" else (keys[turn % len(keys)],)
    return ["anonymous", people[turn % len(people)], *asking]


def other_methods(world: World, names: Iterable[str] = ROUTES) -> list[str]:
    """Methods that a route does not have must do nothing."""
    found = []
    for name in names:
        route = ROUTES[name]
        declared = {call.method for call in route.calls}
        for method in sorted(set(METHODS) - declared):
            for role in served(route.calls[0], "anonymous", "owner", "member", "key_write"):
                call = Call(method, route.calls[0].expects)
                answer = perform(world, name, call, role)
                where = f"{name} {method} {role}"
                found += amiss(world, role, where, answer)
                # allauth takes a PUT for a POST
                is_answered = answer.status < 300 and method != "OPTIONS"
                if is_answered and not is_about_the_asker(name):
                    found.append(f"{where}: {answer.status}")
    return found
