"""Ten thousand notices and their letters: everything is done again, and nothing is said twice."""

import time
from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from accounts.delivery import BEFORE_ALL
from accounts.events import NewEvent, record_many
from accounts.models import Enrollment, Event, EventReader, Letter, Notice, Tenant
from accounts.notices.noting import READER
from accounts.tenancy import tenant_scope
from loyalty.notices.tasks import tell_people
from tests.accounts.test_delivery import everything_settled
from tests.chaos.site import SHORT
from tests.factories import MemberFactory, ProgramFactory, TenantFactory, enrolled_account

pytestmark = pytest.mark.chaos

PEOPLE, EVENTS = 10, 100 if SHORT else 1_000


def _happened() -> None:
    """A dealer of ten people climbs and climbs."""
    dealer = enrolled_account(ProgramFactory())
    MemberFactory.create_batch(PEOPLE, account=dealer)
    now = timezone.now()
    about = {"kind": "tier.changed", "actor": "system", "account_id": dealer.pk}
    about["subject"] = f"enrollment:{Enrollment.objects.get().pk}"
    record_many(
        [
            NewEvent(
                **about,
                occurred_at=now + timedelta(microseconds=number),
                recorded_at=now,
                payload={"from": f"Tier {number}", "to": f"Tier {number + 1}", "cause": "reached"},
            )
            for number in range(EVENTS)
        ]
    )


def _tell(tenant: Tenant) -> None:
    """In as many turns as it takes."""
    is_said = False
    while not is_said:
        tell_people(tenant_id=str(tenant.id))
        with tenant_scope(tenant.id), transaction.atomic():
            last = Event.objects.latest("position", "id").pk
            is_read = EventReader.objects.get(name=READER).last_read == last
            waits = Notice.objects.filter(letter=None).exists()
            is_said = is_read and not waits and not Letter.objects.exclude(state="sent").exists()


def test_everything_again_and_nothing_is_said_twice(committed, record_property):
    with transaction.atomic():
        tenant = TenantFactory()
        with tenant_scope(tenant.id):
            _happened()
    everything_settled()
    started = time.process_time()
    for _ in range(3):
        _tell(tenant)
        with tenant_scope(tenant.id), transaction.atomic():
            assert Notice.objects.count() == PEOPLE * EVENTS
            assert set(Letter.objects.values_list("state", "attempts")) == {("sent", 1)}
            assert EventReader.objects.filter(name=READER).update(position=0, last_read=BEFORE_ALL)
    seconds = time.process_time() - started
    assert len(mail.outbox) == PEOPLE
    assert len({letter.to[0] for letter in mail.outbox}) == PEOPLE
    record_property(
        "chaos", f"{PEOPLE * EVENTS:,} notices, all of it three times in {seconds:.1f} s of CPU"
    )
