"""Damage planted in a story that is told already: which checks see it."""

from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from accounts.invariants import Invariant


def failing(invariants: Iterable[Invariant]) -> set[str]:
    """The claims of these that do not hold."""
    found = set()
    with connection.cursor() as cursor:
        for one in invariants:
            cursor.execute(f"SELECT count(*) FROM ({one.query}) AS v", {"places": 2})
            if cursor.fetchone()[0]:
                found.add(one.claim)
    return found


def seen_to_fail(
    invariants: Iterable[Invariant], damage: Mapping[str, Iterable[int]]
) -> dict[str, list[int]]:
    """For each statement, the places of the invariants that fail after it; it is undone."""
    invariants = list(invariants)
    places = {one.claim: place for place, one in enumerate(invariants)}
    assert failing(invariants) == set()
    found = {}
    for statement in damage:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)
                assert cursor.rowcount != 0
            found[statement] = sorted(places[claim] for claim in failing(invariants))
            transaction.set_rollback(True)
    assert set().union(*found.values()) == set(places.values())
    return found
