"""Other systems: the keys with which they call, and the addresses that events are sent to."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.keys import SCOPES
from accounts.models import ApiKey, WebhookDelivery, WebhookEndpoint
from accounts.models.webhook import DeliveryState, EndpointState
from loyalty.console.webhook_words import ENDPOINT_LOOKS, kinds_of, look_of
from loyalty.lists.listed import (
    LEADERS,
    READERS,
    Asked,
    Found,
    Listed,
    ListFilter,
    Text,
    choice_filter,
    in_order,
    moment_cell,
    search_filter,
)

KEY_STATES = [("active", _("Active")), ("revoked", _("Revoked"))]


class KeyFilter(ListFilter):
    q = search_filter(_("Name or beginning"))
    state = choice_filter(_("State"), method="in_state")
    scope = choice_filter(_("May"), method="with_scope")

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        self.offer("state", KEY_STATES)
        self.offer("scope", [(scope, scope) for scope in SCOPES])

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(Q(name__icontains=value) | Q(hint__startswith=value))

    def in_state(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        if value not in dict(KEY_STATES):
            return rows.none()
        return rows.filter(revoked_at__isnull=value == "active")

    def with_scope(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(scopes__contains=[value])


def _keys(asked: Asked) -> Found:
    """Those that open something first."""
    filters = KeyFilter(asked, ApiKey.objects.all())
    sorts = {"name": "name", "used": "last_used_on"}
    rows = filters.qs.alias(is_revoked=Q(revoked_at__isnull=False))
    first = ("is_revoked", "-created_at", "id")
    return Found(filters, in_order(rows, asked, sorts=sorts, first=first))


def _key_header(asked: Asked) -> Sequence[Text]:
    return (_("Name"), _("Beginning"), _("May"), _("Made"), _("Last used"), _("Revoked"))


def _key_lines(rows: Sequence[ApiKey], asked: Asked) -> Iterator[Sequence[object]]:
    for row in rows:
        yield (
            row.name, row.hint, ", ".join(row.scopes), moment_cell(row.created_at, asked),
            row.last_used_on, moment_cell(row.revoked_at, asked),
        )  # fmt: skip


KEYS = Listed(
    code="keys",
    name=_("API keys"),
    url_name="keys",
    readers=LEADERS,
    find=_keys,
    header=_key_header,
    lines=_key_lines,
)


class EndpointFilter(ListFilter):
    q = search_filter(_("Address or system"))
    state = choice_filter(_("State"))

    def __init__(self, asked: Asked, rows: QuerySet) -> None:
        super().__init__(asked, rows)
        looks = [(state, ENDPOINT_LOOKS[state].label) for state in EndpointState]
        self.offer("state", looks)

    def search(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        value = value.strip()
        return rows.filter(Q(url__icontains=value) | Q(description__icontains=value))


def _endpoints(asked: Asked) -> Found:
    filters = EndpointFilter(asked, WebhookEndpoint.objects.all())
    sorts = {"address": "url", "state": "state"}
    return Found(filters, in_order(filters.qs, asked, sorts=sorts, first=("created_at", "id")))


def waiting_for(endpoints: Sequence[WebhookEndpoint]) -> dict[UUID, int]:
    """How many events wait to be sent to each."""
    waits = WebhookDelivery.objects.filter(
        state=DeliveryState.WAITING, endpoint__in=[one.pk for one in endpoints]
    )
    return dict(waits.order_by().values_list("endpoint").annotate(Count("id")))


def _endpoint_header(asked: Asked) -> Sequence[Text]:
    return (_("Address"), _("System"), _("Events"), _("State"), _("Waiting"), _("Reason"))


def _endpoint_lines(rows: Sequence[WebhookEndpoint], asked: Asked) -> Iterator[Sequence[object]]:
    waiting = waiting_for(rows)
    for row in rows:
        yield (
            row.url, row.description, kinds_of(row), look_of(row).label, waiting.get(row.pk, 0),
            row.reason,
        )  # fmt: skip


WEBHOOKS = Listed(
    code="webhooks",
    name=_("Webhooks"),
    url_name="console_webhooks",
    readers=READERS,
    find=_endpoints,
    header=_endpoint_header,
    lines=_endpoint_lines,
)
