"""Steps in the life of a deal, a claim, a payment run: each has an address and a scope of its own,
happens once, and answers with what it was taken on, as that is afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Tenant
from loyalty.api.commands import command
from loyalty.api.document import documented, example, sent
from loyalty.api.edge import Edge
from loyalty.api.filters import narrowed
from loyalty.api.shapes import Body

NOTHING_ELSE: Mapping[str, Any] = MappingProxyType({})
Do = Callable[[Request, UUID, dict[str, Any]], Model]


@dataclass(frozen=True, kw_only=True)
class Steps:
    """What all steps of a `kind` have in common, by which the document names them.

    `tell` shows one by its id, as `shape` says; `shown` is the example of it. `missing` are the
    errors that mean there is none (404), `refused` those of rules that are refusals, with their
    status. Most steps need `scope` and take `body`, said as in `said`.
    """

    kind: str
    shape: type[serializers.Serializer]
    shown: dict[str, Any]
    tell: Callable[[UUID, Tenant], dict[str, Any]]
    missing: tuple[type[Exception], ...]
    refused: Mapping[type[Exception], int]
    scope: str
    body: type[Body]
    said: dict[str, Any]

    def step(
        self,
        name: str,
        summary: str,
        do: Do,
        *,
        state: str,
        also: Mapping[str, Any] = NOTHING_ELSE,
        scope: str = "",
        body: type[Body] | None = None,
        said: dict[str, Any] | None = None,
        description: str = "",
    ) -> Callable[..., Any]:
        """The view of a step. `do` takes it and gives what is to be shown; the example is of that
        `state` then, and of what else the step says of it."""
        read = body or self.body

        class StepView(Edge):
            scopes = {"POST": scope or self.scope}

            @documented(
                f"{name}_{self.kind}",
                summary,
                description=description,
                body=read,
                answers={200: self.shape},
                problems=(404,),
                examples=[
                    sent("As it is said", self.said if said is None else said),
                    example("Now", self.shown | dict(also) | {"state": state}),
                ],
                is_command=True,
            )
            @command(read, refused=self.refused)
            def post(_, request: Request, given: dict[str, Any], **path: UUID) -> Response:
                narrowed(request, (), pages=False)
                (thing_id,) = path.values()
                try:
                    done = do(request, thing_id, given)
                except self.missing:
                    raise Http404 from None
                return Response(self.tell(done.pk, request.tenant))

        StepView.__doc__ = summary
        words = (*name.split("_"), *self.kind.split("_"), "view")
        StepView.__name__ = StepView.__qualname__ = "".join(word.title() for word in words)
        return StepView.as_view()
