"""How a route is written down: its methods, who is let in, and where it takes identifiers from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.isolation.side import ANONYMOUS, OUTSIDERS

if TYPE_CHECKING:  # the world is made of rooms, whose routes are written down with this
    from tests.isolation.world import World

Expects = Callable[[str], int]


class Values:
    """Fills a request's positions: the asker's own identifiers but for those in `chosen`."""

    def __init__(self, world: World, role: str, chosen: dict[str, str]) -> None:
        self.world, self.role, self.chosen = world, role, chosen
        self.sent: list[str] = []
        self.positions: list[str] = []

    def __call__(self, kind: str, position: str = "") -> str:
        position = position or kind
        self.positions.append(position)
        variant = self.chosen.get(position, "own")
        value = self.world.value(kind, variant, self.role)
        if position in self.chosen:
            self.sent.append(value)
        return value


def nothing(values: Values) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Call:
    """A method of a route: the status each role gets for its own identifiers, and the positions
    in query and body where identifiers go."""

    method: str
    expects: Expects
    query: Callable[[Values], dict[str, str]] = nothing
    body: Callable[[Values], Any] = nothing
    as_json: bool = False
    headers: Callable[[Values], dict[str, str]] = nothing


@dataclass(frozen=True)
class Route:
    calls: tuple[Call, ...]
    path: dict[str, str]  # of each part of the path, the kind of identifier it is
    second_wall: bool = False  # whether a neighbor's identifiers are as good as none


def everybody(status: int) -> Expects:
    return lambda role: status


def let_in(ok: int, *roles: str, but: dict[str, int] | None = None) -> Expects:
    """`ok` for the roles, the sign-in page for strangers, 403 for everybody else."""

    def expects(role: str) -> int:
        if but and role in but:
            return but[role]
        if role in roles:
            return ok
        return 302 if role in ANONYMOUS else 403

    return expects


def signed_in(ok: int, anonymous: int = 302) -> Expects:
    return lambda role: anonymous if role in ANONYMOUS else ok


def with_key(ok: int, key: str) -> Expects:
    other = {"key_write", "key_read"} - {key}
    return lambda role: ok if role == key else 403 if role in other else 401


def reading(**filters: str) -> tuple[Call, ...]:
    """What a key that reads may ask for: plainly, and by each filter."""
    return asking(with_key(200, "key_read"), **filters)


def at_home(role: str) -> int:
    return 403 if role in OUTSIDERS else 302


def route(*calls: Call, path: dict[str, str] | None = None, **more: Any) -> Route:
    return Route(calls, path or {}, **more)


def get(expects: Expects, query: Callable[[Values], dict[str, str]] = nothing) -> Call:
    return Call("GET", expects, query=query)


def post(expects: Expects, body: Callable[[Values], Any] = nothing, **more: Any) -> Call:
    return Call("POST", expects, body=body, **more)


def asking(expects: Expects, **filters: str) -> tuple[Call, ...]:
    """A plain GET, and one for each filter by itself: together they would hide what each finds."""
    return (
        get(expects),
        *(
            get(expects, lambda values, name=name, kind=kind: {name: values(kind)})
            for name, kind in filters.items()
        ),
    )
