"""After an attempt: written down, and what becomes of the delivery and of its endpoint."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.db import transaction

from accounts.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from accounts.models.webhook import DeliveryState, Outcome
from accounts.webhooks.deliveries import MOST_TRIES, STRUGGLING, Claim, held
from accounts.webhooks.endpoints import disable

# From one attempt to the next, as Standard Webhooks proposes: ten attempts within three days.
DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
# How long an endpoint is left alone that fails again and again, whatever is due for it.
RESTS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
)
LONGEST_WISH = timedelta(hours=24)  # that a Retry-After is granted
GIVES_UP_AFTER = timedelta(days=5)  # without one success; longer than all attempts of a delivery

BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How an attempt ended. `jitter`, from 0 to 1, spreads the next ones: endpoints that failed
    together would otherwise all be called again in the same second."""

    at: datetime
    milliseconds: int
    outcome: Outcome
    status: int | None = None
    answer: str = ""
    retry_after: str = ""
    jitter: float = 0.5


def settle(claimed: Claim, attempt: Attempt) -> None:
    """Write the attempt down and decide what is next.

    An attempt whose lease has run out decides nothing: it was written down as lost, and another
    worker has the delivery.
    """
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(
            pk=claimed.endpoint_id
        )
        delivery = held(claimed)
        if delivery is None:
            return
        WebhookAttempt.objects.create(
            delivery=delivery,
            number=claimed.number,
            at=attempt.at,
            milliseconds=attempt.milliseconds,
            outcome=attempt.outcome,
            status=attempt.status,
            # Postgres keeps no NUL, and a receiver may send one wherever it sends anything.
            answer=attempt.answer.replace("\0", "�"),
        )
        if attempt.outcome == Outcome.DELIVERED:
            _close(delivery, DeliveryState.DELIVERED, at=attempt.at)
            _well_again(endpoint)
        else:
            _schedule(delivery, attempt)
            _struggle(endpoint, attempt)


def outcome_of(status: int) -> Outcome:
    """2xx is done; 410 wants no more of it; a redirect is a failure, because following it would
    lead where nobody has checked."""
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if status == 410:
        return Outcome.GONE
    return Outcome.REDIRECT if 300 <= status < 400 else Outcome.STATUS


def _schedule(delivery: WebhookDelivery, attempt: Attempt) -> None:
    if delivery.tries >= MOST_TRIES:
        _close(delivery, DeliveryState.FAILED, at=attempt.at)
        return
    # Never sooner than we would, however soon the receiver wishes: the attempts last for days.
    wait = max(spread(DELAYS[delivery.tries - 1], attempt.jitter), wish_of(attempt))
    delivery.is_leased, delivery.due_at = False, attempt.at + wait
    delivery.save(update_fields=["is_leased", "due_at"])


def _close(delivery: WebhookDelivery, state: DeliveryState, *, at: datetime) -> None:
    delivery.state, delivery.is_leased, delivery.finished_at = state.value, False, at
    delivery.save(update_fields=["state", "is_leased", "finished_at"])


def _well_again(endpoint: WebhookEndpoint) -> None:
    if endpoint.failures:
        endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
        endpoint.save(update_fields=["failures", "failing_since", "rests_until"])


def _struggle(endpoint: WebhookEndpoint, attempt: Attempt) -> None:
    endpoint.failing_since = endpoint.failing_since or attempt.at
    rest = wish_of(attempt)
    # A call that was under way when the rest began says nothing new: were it counted, a moment's
    # failure of several calls at once would be answered with an hour's rest.
    if endpoint.rests_until is None or endpoint.rests_until <= attempt.at:
        endpoint.failures += 1
        if endpoint.failures >= STRUGGLING:
            step = min(endpoint.failures - STRUGGLING, len(RESTS) - 1)
            rest = max(rest, spread(RESTS[step], attempt.jitter))
    if rest:
        until = attempt.at + rest
        endpoint.rests_until = max(endpoint.rests_until or until, until)
    endpoint.save(update_fields=["failures", "failing_since", "rests_until"])
    if attempt.outcome == Outcome.GONE:
        reason = "It answered 410: it is gone for good and wants no more events."
    elif attempt.at - endpoint.failing_since >= GIVES_UP_AFTER:
        days = GIVES_UP_AFTER.days
        reason = f"Nothing could be delivered for {days} days; last: {attempt.outcome.label}."
    else:
        return
    disable(endpoint=endpoint, reason=reason, actor="system", now=attempt.at)


def spread(delay: timedelta, jitter: float) -> timedelta:
    """A fifth more or less, by chance."""
    return delay * (0.8 + 0.4 * jitter)


def wish_of(attempt: Attempt) -> timedelta:
    """How long a busy receiver asked to be left alone: seconds, or a date (RFC 9110)."""
    text = attempt.retry_after.strip()
    if attempt.status not in BUSY or not text:
        return timedelta(0)
    if text.isascii() and text.isdigit():
        # A number of any length: beyond the longest wish it is all the same.
        wish = timedelta(seconds=int(text)) if len(text) < 9 else LONGEST_WISH
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):  # a year or an offset of any length, too
            return timedelta(0)
        wish = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - attempt.at
    return min(max(wish, timedelta(0)), LONGEST_WISH)
