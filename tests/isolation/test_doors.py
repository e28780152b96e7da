"""The matrix for what stands before the faces: sign-in, sign-up, looks; and for every route what
no route decides, which methods there are and which tenant is asked."""

from tests.isolation.matrix import FACES, leaks, other_methods, spoofed, summary
from tests.isolation.routes import ROUTES
from tests.isolation.world import World

DOORS = [name for name in ROUTES if name not in FACES]


def test_nothing_leaks_whoever_asks_for_what(world: World, record_property):
    before = world.requests
    found = list(leaks(world, DOORS))
    line = summary(world, DOORS, requests=world.requests - before, found=len(found))
    record_property("isolation", line)
    assert found == []


def test_methods_that_a_route_does_not_have(world: World):
    assert other_methods(world) == []


def test_the_host_alone_names_the_tenant(world: World):
    assert list(spoofed(world)) == []


def test_no_row_of_beta_has_changed(world: World):
    """After all of the above; as the owner, who sees what no tenant would."""
    assert world.rows_of_beta_for_the_owner() == world.untouched
