"""From what happens to the letter in the mailbox: through the drain of events, by the task."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from accounts import delivery
from accounts.enrolling import enroll
from accounts.models import Letter, Notice
from accounts.tenancy import tenant_scope
from loyalty.celery import app
from loyalty.notices import tasks
from tests.accounts.test_delivery import everything_settled
from tests.factories import AccountFactory, MemberFactory, ProgramFactory, TenantFactory


@pytest.fixture
def company(committed):
    """A tenant with an account of three people that has just joined a program."""
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        account = AccountFactory(name="Harbor Bikes")
        for number in range(3):
            MemberFactory(account=account, user__email=f"reader{number}@example.com")
        now = timezone.now()
        enroll(
            program=ProgramFactory(name="Acme Rewards"),
            account_ids=[account.id],
            enrolled_at=now,
            recorded_at=now,
            actor="system",
        )
    everything_settled()
    return tenant


class Killed(BaseException):
    """Nothing in the code could catch it."""


def told() -> list[tuple[str, str]]:
    return sorted((letter.to[0], letter.subject) for letter in mail.outbox)


WELCOMED = [(f"reader{number}@example.com", "Welcome to Acme Rewards") for number in range(3)]


def test_what_happens_reaches_the_mailbox_once(company):
    tasks.tell_people(tenant_id=str(company.id))
    assert told() == WELCOMED

    tasks.tell_people(tenant_id=str(company.id))
    assert told() == WELCOMED


def test_a_worker_that_dies_while_noting_or_sending_loses_and_doubles_nothing(company, monkeypatch):
    """It dies as a task does that is killed: with what it has committed, and no more."""

    def killed(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "note", killed)
        with pytest.raises(Killed):
            tasks.tell_people(tenant_id=str(company.id))
    sent = []

    def send_one_then_die(message):
        if sent:
            raise Killed
        sent.append(message.to[0])
        mail.outbox.append(message)

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", send_one_then_die)
        with pytest.raises(Killed):
            tasks.tell_people(tenant_id=str(company.id))
    tasks.tell_people(tenant_id=str(company.id))
    assert len(mail.outbox) == 2  # the one in flight is held by the dead worker's lease

    later = timezone.now() + timedelta(minutes=11)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    tasks.tell_people(tenant_id=str(company.id))

    assert told() == WELCOMED
    with tenant_scope(company.id), transaction.atomic():
        assert Notice.objects.count() == 3
        assert list(Letter.objects.values_list("state", flat=True)) == ["sent"] * 3


def test_everything_read_again_from_the_beginning_tells_nobody_again(company):
    tasks.tell_people(tenant_id=str(company.id))
    with tenant_scope(company.id), transaction.atomic():
        delivery.begin_reading("again", position=0)

        def take(events):
            assert tasks.note(events, now=timezone.now()) == 0

    with tenant_scope(company.id):
        assert delivery.hand_on(reader="again", take=take) > 0
    assert told() == WELCOMED


def test_the_schedule_names_tasks_that_are_there():
    app.loader.import_default_modules()
    named = {one["task"] for one in app.conf.beat_schedule.values()}
    assert named <= set(app.tasks)
