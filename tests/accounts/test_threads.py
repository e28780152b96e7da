"""Many threads at once, on real connections: none ever sees another tenant's rows."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from uuid import UUID

from django.db import DatabaseError, ProgrammingError, connection, transaction

from accounts.models import Program
from accounts.tenancy import tenant_scope
from tests.factories import AccountFactory, TenantFactory

THREADS, ITERATIONS = 8, 400


class Fault(Exception):
    pass


class Walk:
    """Opens scopes and transactions in random order and depth, fails now and then, and looks at
    every step whether Postgres shows the rows of the open tenant and no others."""

    def __init__(self, tenants: dict[UUID, str], seed: int) -> None:
        self.tenants, self.dice = tenants, random.Random(seed)
        self.looks, self.leaks = 0, []

    def run(self) -> None:
        try:
            for _ in range(ITERATIONS):
                try:
                    with self._scope(), transaction.atomic():
                        self._step(depth=0)
                except (Fault, DatabaseError):
                    pass
                if self.dice.random() < 0.02:
                    connection.close()
                with transaction.atomic():
                    self._look(None)
        except BaseException as error:
            self.leaks.append(repr(error))
        finally:
            connection.close()

    @contextmanager
    def _scope(self) -> Iterator[None]:
        self.tenant = getattr(self, "tenant", None)
        before, self.tenant = self.tenant, self.dice.choice(list(self.tenants))
        try:
            with tenant_scope(self.tenant):
                yield
        finally:
            self.tenant = before

    def _step(self, depth: int) -> None:
        self._look(self.tenant)
        moves: list[Callable[[int], None]] = [self._nest, self._savepoint, self._fail, self._write]
        for _ in range(self.dice.randint(0, 2 if depth < 3 else 0)):
            self.dice.choice(moves)(depth)
            self._look(self.tenant)

    def _nest(self, depth: int) -> None:
        with self._scope():
            self._step(depth + 1)

    def _savepoint(self, depth: int) -> None:
        try:
            with transaction.atomic():
                self._step(depth + 1)
        except (Fault, DatabaseError):
            pass

    def _fail(self, depth: int) -> None:
        chance = self.dice.random()
        if chance < 0.2:
            raise Fault
        if chance < 0.4:
            connection.cursor().execute("SELECT 1 / 0")

    def _write(self, depth: int) -> None:
        """Somebody else's row, into which a wrong tenant would come if one were open."""
        other = self.dice.choice([one for one in self.tenants if one != self.tenant])
        try:
            with transaction.atomic():
                Program.objects.create(tenant_id=other, slug=f"p{self.dice.random()}", name="x")
            self.leaks.append("wrote across")
        except ProgrammingError:
            pass

    def _look(self, tenant: UUID | None) -> None:
        self.looks += 1
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('app.tenant_id', true), "
                "(SELECT string_agg(number, ',') FROM accounts_account)"
            )
            told, numbers = cursor.fetchone()
        if ((told or ""), numbers) != (str(tenant or ""), self.tenants[tenant] if tenant else None):
            self.leaks.append(f"{tenant}: {told} shows {numbers}")


def founded(slug: str) -> UUID:
    with transaction.atomic():
        tenant = TenantFactory(slug=slug)
        with tenant_scope(tenant.id):
            AccountFactory(number=slug)
    return tenant.id


def test_no_thread_ever_sees_another_tenant(committed):
    tenants = {founded(slug): slug for slug in ("acme", "rival", "third")}
    walks = [Walk(tenants, seed) for seed in range(THREADS)]
    threads = [Thread(target=walk.run) for walk in walks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert [leak for walk in walks for leak in walk.leaks] == []
    assert sum(walk.looks for walk in walks) > 3 * THREADS * ITERATIONS
