"""Work done side by side, on a connection and in transactions of its own each.

PostgreSQL works off what comes over one connection on one core. A large batch whose parts have
nothing to do with each other is taken in as two, so that two cores are at work and one part is
prepared while the other is written.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context

from django.db import connections

LANES = 2

Work = Callable[[], object]
Together = Callable[[Sequence[Work]], None]


@contextmanager
def lanes() -> Iterator[Together]:
    """Gives what does pieces of work side by side, for the tenant that is open then: the first in
    this thread, the others in another with a connection of its own, which is kept until the end.

    When that returns or raises, all of the work has ended. It raises what this thread's work
    raised, or else what the others did.
    """
    with ThreadPoolExecutor(max_workers=LANES - 1, thread_name_prefix="lane") as others:

        def together(works: Sequence[Work]) -> None:
            first, *rest = works
            theirs = [others.submit(copy_context().run, work) for work in rest]
            try:
                first()
            finally:
                wait(theirs)  # whoever goes on must not find them at work
            for one in theirs:
                one.result()

        try:
            yield together
        finally:
            others.submit(connections.close_all)  # no other thread ever would
