"""The base of every Celery task that works for a tenant."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.db import transaction

from accounts.tenancy import tenant_scope


class NoTenantGiven(TypeError):
    def __init__(self, task: str) -> None:
        super().__init__(f"{task} works for one tenant: pass tenant_id, and everything by keyword.")


class TenantTask(DjangoTask):
    """Runs inside the scope of the tenant in its message, or not at all.

    Tasks take keywords only, among them `tenant_id` (text), and end in `**kwargs`: while a new
    version is rolled out, old workers meet messages with keywords they do not know yet.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with tenant_scope(self._tenant_of(args, kwargs)):
            return self.run(**kwargs)

    def apply_async(self, args=None, kwargs=None, **options: Any) -> Any:
        self._tenant_of(args or (), kwargs or {})  # the caller's mistake shows at the caller
        return super().apply_async(args, kwargs, **options)

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """Send the message once the transaction is committed. A broker that is away is logged, not
        raised: what is to be done is kept, a sweep finds it, and nobody is told that it failed."""

        def send() -> None:
            self.delay(*args, **kwargs)

        self._tenant_of(args, kwargs)
        transaction.on_commit(send, robust=True)

    def _tenant_of(self, args: tuple, kwargs: dict[str, Any]) -> UUID:
        if args or not isinstance(kwargs.get("tenant_id"), str):
            raise NoTenantGiven(str(self.name))
        return UUID(kwargs["tenant_id"])


def tenant_task(function: Callable[..., None]) -> TenantTask:
    """Make `function` a task that works for one tenant."""
    return cast(TenantTask, shared_task(base=TenantTask)(function))
