"""A company signs up: a tenant with its owner, ready to work, or nothing at all."""

from datetime import datetime
from secrets import token_urlsafe
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core import signing
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts import doors, events
from accounts.addresses import tenant_url
from accounts.ids import uuid7
from accounts.kinds import add_starting_kinds
from accounts.letters import send_letter
from accounts.models import Staff, Tenant, User
from accounts.models.people import StaffRole
from accounts.tenancy import tenant_scope

TICKET_LASTS = 60  # seconds: it only has to survive one redirect
_TICKETS = "accounts.signup.ticket"


class AddressTaken(ValueError):
    """Another workspace lives at this address."""

    def __init__(self, slug: str) -> None:
        super().__init__(gettext("“%(slug)s” is taken; choose another address.") % {"slug": slug})


class NotYourPassword(ValueError):
    """The e-mail belongs to a person whose password this is not."""

    def __init__(self) -> None:
        super().__init__(
            gettext(
                "This email already signs in here with another password. Enter that "
                "password, or use another email."
            )
        )


class TicketRefused(ValueError):
    """A ticket that is too old, used, for another workspace, or not ours."""


@transaction.atomic
def sign_up(
    *,
    company: str,
    slug: str,
    name: str,
    email: str,
    password: str,
    currency: str,
    time_zone: str,
    now: datetime,
) -> Staff:
    """Make the tenant, and its owner out of a new person or one who knows their password.

    Returns the owner, with `tenant` and `user` at hand. Raises AddressTaken, NotYourPassword, or
    ValidationError for a value that the tenant's fields refuse.
    """
    tenant = Tenant(id=uuid7(), slug=slug, name=company, currency=currency, time_zone=time_zone)
    tenant.clean_fields()
    if doors.tenant_by_slug(slug):
        raise AddressTaken(slug)
    user = _person(email=email.lower(), password=password)
    with tenant_scope(tenant.id):
        _claim_address(tenant)
        owner = Staff.objects.create(tenant=tenant, user=user, name=name, role=StaffRole.OWNER)
        add_starting_kinds()
        events.record(
            kind="tenant.signed_up",
            occurred_at=now,
            recorded_at=now,
            actor=owner.actor,
            subject=f"tenant:{tenant.id}",
            payload={"name": company, "slug": slug, "currency": currency, "time_zone": time_zone},
        )
    _welcome(owner)
    return owner


def make_ticket(owner: Staff) -> str:
    """A text that signs its owner in at the new workspace, once, within TICKET_LASTS seconds."""
    return signing.dumps(
        {"user": str(owner.user_id), "tenant": str(owner.tenant_id), "once": token_urlsafe(12)},
        salt=_TICKETS,
    )


def use_ticket(ticket: str, *, tenant_id: UUID) -> User:
    """The person whom `ticket` signs in at the open tenant; TicketRefused for any other ticket."""
    try:
        said = signing.loads(ticket, salt=_TICKETS, max_age=TICKET_LASTS)
    except signing.BadSignature:
        raise TicketRefused from None
    if said["tenant"] != str(tenant_id):
        raise TicketRefused
    # Kept a little longer than tickets last; `add` is atomic, so of two uses one is refused.
    if not cache.add(f"ticket:{said['once']}", True, timeout=2 * TICKET_LASTS):
        raise TicketRefused
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    if user is None:
        raise TicketRefused
    return user


def _person(*, email: str, password: str) -> User:
    known = User.objects.filter(email=email).first()
    if known is None:
        try:
            with transaction.atomic():
                return _new_person(email=email, password=password)
        except IntegrityError:  # the same person in two windows: the other one was first
            known = User.objects.get(email=email)
    if not known.is_active or not known.check_password(password):
        raise NotYourPassword
    return known


def _new_person(*, email: str, password: str) -> User:
    user = User.objects.create_user(email, password)
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=False)
    return user


def _claim_address(tenant: Tenant) -> None:
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
    except IntegrityError:  # two sign-ups at once; the unique key let the first one have it
        raise AddressTaken(tenant.slug) from None


def _welcome(owner: Staff) -> None:
    send_letter(
        letter="welcome",
        to=owner.user.email,
        subject=gettext("{company} is ready").format(company=owner.tenant.name),
        tenant=owner.tenant,
        details={"name": owner.name, "workspace_url": tenant_url(slug=owner.tenant.slug)},
    )
