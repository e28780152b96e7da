"""Does anybody notice? Each mutant of the ledger has to fail one of the ledger's own stories.

A mutant lives in this process alone: its functions and statements take the place of the sound ones
while the stories of the other test modules are told again, each in a transaction of its own. Here
the first mutants of each module are tried; `make mutants` tries them all.
"""

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FunctionType, ModuleType

import pytest
from django.db import transaction

from accounts.tenancy import tenant_scope
from tests.factories import TenantFactory
from tests.rewards import (
    test_adjusting,
    test_closing,
    test_corrections,
    test_edges_of_time,
    test_expiry,
    test_ledger_by_hand,
    test_passing_on,
    test_reinstating,
    test_reserving,
    test_vectors,
)
from tests.rewards.desk import Desk
from tests.rewards.mutants import MUTANTS, Mutant

PER_MODULE = 1
BY_HAND = (test_adjusting, test_reinstating, test_passing_on)
STORIES = {
    "crediting": (
        test_ledger_by_hand,
        test_closing,
        test_vectors,
        test_edges_of_time,
        *BY_HAND,
        test_corrections,
    ),
    "spending": (
        test_ledger_by_hand,
        test_closing,
        test_vectors,
        test_edges_of_time,
        *BY_HAND,
        test_expiry,
    ),
    "settling": (
        test_ledger_by_hand,
        test_closing,
        test_vectors,
        test_edges_of_time,
        test_expiry,
        test_corrections,
    ),
    "reversing": (
        test_ledger_by_hand,
        test_closing,
        test_vectors,
        test_edges_of_time,
        test_corrections,
    ),
    "reserving": (
        test_ledger_by_hand,
        test_closing,
        test_reserving,
        test_corrections,
        *BY_HAND,
    ),
    "adjusting": (test_ledger_by_hand, test_closing, *BY_HAND),
    "transferring": (test_ledger_by_hand, test_closing, *BY_HAND),
    "prolonging": (test_ledger_by_hand, test_closing, test_expiry),
}
KILLED: dict[str, str] = {}


def chosen() -> list[str]:
    if os.environ.get("MUTANTS") == "all":
        return list(MUTANTS)
    first: dict[str, list[str]] = {}
    for name, mutant in MUTANTS.items():
        first.setdefault(mutant.module, []).append(name)
    return [name for names in first.values() for name in names[:PER_MODULE]]


@contextmanager
def alive(mutant: Mutant) -> Iterator[None]:
    """The mutant's code and statements in the place of the module's own."""
    module = import_module(f"rewards.ledger.{mutant.module}")
    source = inspect.getsource(module)
    assert mutant.what in source, "the ledger has changed: mend the list of mutants"
    made = ModuleType(module.__name__)
    exec(compile(source.replace(mutant.what, mutant.becomes), "mutant", "exec"), made.__dict__)  # noqa: S102
    sound = _exchange(module, made.__dict__)
    try:
        yield
    finally:
        _exchange(module, sound)


def _exchange(module: ModuleType, changed: dict) -> dict:
    """Put functions' code and texts of `changed` into the module; returns what was there. Whoever
    has imported one of its functions has the changed one as well."""
    before = {}
    for name, value in list(vars(module).items()):
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            new = changed[name]
            before[name] = value.__code__
            value.__code__ = new.__code__ if isinstance(new, FunctionType) else new
        elif isinstance(value, str) and not name.startswith("__"):
            before[name] = value
            setattr(module, name, changed[name])
    return before


def stories(module: str) -> Iterator[tuple[str, Callable]]:
    for told in STORIES[module]:
        for name, story in vars(told).items():
            wants = getattr(inspect.unwrap(story), "__code__", None)
            if not name.startswith("test_") or wants is None or getattr(story, "pytestmark", None):
                continue
            if set(inspect.signature(story).parameters) <= {"tenant", "in_tenant", "desk"}:
                yield f"{told.__name__.rpartition('.')[2]}: {name}", story


def tell(story: Callable) -> None:
    """The story by itself, as its own test runs it; nothing of it stays."""
    wants = inspect.signature(story).parameters
    with transaction.atomic():
        try:
            tenant = TenantFactory()
            if wants.keys() & {"in_tenant", "desk"}:
                with tenant_scope(tenant.id):
                    given = {"in_tenant": lambda: tenant, "desk": Desk}
                    story(**{name: given[name]() for name in wants})
            else:
                story(**dict.fromkeys(wants, tenant))
        finally:
            transaction.set_rollback(True)


def first_that_notices(module: str, *, with_books: bool) -> str:
    with pytest.MonkeyPatch.context() as patch:
        for told in () if with_books else STORIES[module]:
            for check in ("violated", "_violated", "_violations"):
                patch.setattr(told, check, lambda *_: [], raising=False)
        for name, story in stories(module):
            try:
                tell(story)
            except (Exception, pytest.fail.Exception):
                return name
    return ""


def test_told_here_the_stories_hold_for_the_sound_ledger(db):
    """Or whatever they notice would mean nothing."""
    told = [story for name, story in stories("prolonging") if "by_hand" in name]
    assert len(told) > 10
    for story in told:
        tell(story)


@pytest.mark.parametrize("name", chosen())
def test_mutant_is_noticed(db, name):
    with alive(MUTANTS[name]):
        module = MUTANTS[name].module
        # Most are noticed by what the stories say; some only by the books, which take their time.
        KILLED[name] = first_that_notices(module, with_books=False) or first_that_notices(
            module, with_books=True
        )
    assert KILLED[name], "no story notices"


def test_how_many_were_noticed(capsys):
    killed = [name for name, story in KILLED.items() if story]
    with capsys.disabled():
        print(f"\nledger: {len(killed)} of {len(KILLED)} mutants killed")
    assert len(killed) == len(KILLED)
