"""Nobody ever sees, changes or even learns of what is another tenant's, account's or rep's.

Generated from the URL confs and `routes.ROUTES`: every route and method, as every role, with
identifiers of its own, of others and of nobody in every position. Of roles that a door cannot tell
apart one asks, another one at each call; that the doors are these is shown first.

A class for each face, for workers take tests by the class: together they look at every route.
"""

import re
from inspect import getclosurevars
from typing import Any

from django.db import connections

from accounts.roles import _door
from tests.isolation.matrix import (
    FACE,
    FACES,
    at_another_host,
    leaks,
    other_methods,
    perform,
    spoofed,
    summary,
)
from tests.isolation.rooms import ROOMS
from tests.isolation.routes import ROUTES, enumerated, views
from tests.isolation.seed.canaries import text_columns
from tests.isolation.side import CANARY
from tests.isolation.world import World

_PART = re.compile(r"<(?:\w+:)?(\w+)>")


def test_every_route_is_in_the_table():
    found = enumerated()
    assert set(found) == set(ROUTES)
    for name, pattern in found.items():
        assert (name, set(_PART.findall(pattern))) == (name, set(ROUTES[name].path))


def test_each_face_has_one_door_and_no_view_its_own():
    """So who is taken for the same at one of a face's doors is so at all (see matrix.taken_for)."""
    found = views()
    for name in FACES:
        if name not in ("api_schema", "api_docs"):  # for everybody
            assert (name, doors_of(found[name])) == (name, [DOORS[FACE[name]]])


DOORS = {
    "api": "KeyAuthentication",
    "console": "staff_required",
    "field": "staff_required",
    "portal": "member_required",
}


def doors_of(view: Any) -> list[str]:
    """What looks at who asks before the view does."""
    if edge := getattr(view, "view_class", None):
        return [one.__name__ for one in edge.authentication_classes]
    found = []
    while view:
        if view.__code__.co_qualname.startswith(_door.__qualname__ + "."):
            is_let_in = getclosurevars(view).nonlocals["is_let_in"]
            found.append(is_let_in.__qualname__.partition(".")[0])
        view = getattr(view, "__wrapped__", None)
    return found


def test_beta_is_full_of_canaries(world: World):
    """Else the matrix would look for what is not there."""
    empty = [row[0] for row in world.rows_of_beta_for_the_owner() if row[1] == 0]
    assert empty == []
    silent = []
    with connections["owner"].cursor() as cursor:
        for table, columns in text_columns().items():
            key = "id" if table == "accounts_tenant" else "tenant_id"
            for column in columns:
                cursor.execute(
                    f"SELECT {key}, bool_and({column}::text LIKE '%%{CANARY}-%%') FROM {table} "
                    f"WHERE {column} IS NOT NULL GROUP BY 1"
                )
                seen = dict(cursor.fetchall())
                if seen.get(world.beta.tenant.id) is False or seen.get(world.alpha.tenant.id):
                    silent.append(f"{table}.{column}")
    assert silent == []


def of_face(face: str) -> list[str]:
    return [name for name in FACES if FACE[name] == face]


OF_ROOMS = {name for room in ROOMS for name in room.ROUTES}


class OfFace:
    """What holds of some of the routes."""

    names: list[str]

    def test_nothing_leaks_whoever_asks_for_what(self, world: World, record_property):
        before = world.requests
        found = list(leaks(world, self.names))
        line = summary(world, self.names, requests=world.requests - before, found=len(found))
        record_property("isolation", f"{line} ({type(self).__name__})")
        assert found == []

    def test_people_are_strangers_at_another_tenants_host(self, world: World):
        assert at_another_host(world, self.names) == []

    def test_methods_that_a_route_does_not_have(self, world: World):
        assert other_methods(world, self.names) == []

    def test_the_host_alone_names_the_tenant(self, world: World):
        assert list(spoofed(world, self.names)) == []

    def test_no_row_of_beta_has_changed(self, world: World):
        """After all of the above; as the owner, who sees what no tenant would."""
        assert world.rows_of_beta_for_the_owner() == world.untouched


class TestConsole(OfFace):
    names = [name for name in of_face("console") if name not in OF_ROOMS]


class TestConsoleOfPartnerPrograms(OfFace):
    names = [name for name in of_face("console") if name in OF_ROOMS]


class TestPortal(OfFace):
    names = of_face("portal")


class TestField(OfFace):
    names = of_face("field")


class TestApi(OfFace):
    names = of_face("api")

    def test_key_names_its_own_tenant_at_the_plain_host(self, world: World):
        names = [name for name in ROUTES if name.startswith("api_")]
        assert list(leaks(world, names, ["key_write", "key_read"], host="")) == []
        for name in names:
            for role in ("anonymous", "owner", "other_owner", "key_revoked"):
                for call in ROUTES[name].calls:
                    assert perform(world, name, call, role, host="").status == 401


class TestBeforeTheFaces(OfFace):
    """Sign-in, sign-up, looks, the inbox."""

    names = [name for name in ROUTES if name not in FACES]


def test_every_route_is_looked_at_once():
    looked_at = [name for part in OfFace.__subclasses__() for name in part.names]
    assert sorted(looked_at) == sorted(ROUTES)
