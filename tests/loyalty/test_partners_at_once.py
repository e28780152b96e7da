"""What people at partners and at the company do at one moment, each in a transaction."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.db import connection, transaction

from accounts.tenancy import tenant_scope
from loyalty.books import verify
from partners.models import Certificate, Referral, SpiffClaim, SupportRequest
from partners.referrals.referring import OtherReferral
from partners.spiffs import deciding
from partners.spiffs.claiming import OtherClaim
from partners.support.asking import OtherRequest
from partners.training.steps import OtherContent
from tests.factories import (
    MemberFactory,
    ProductFactory,
    ProgramFactory,
    StaffFactory,
    TenantFactory,
    enrolled_account,
)
from tests.loyalty.faces import client_of
from tests.partners.courses import a_course, a_kind, certifies, issued
from tests.partners.referral_stories import referral_terms, referred
from tests.partners.spiff_stories import claimed, spiff
from tests.partners.test_support import asked, offered

QUEUE = "/console/spiffs/claims/"
OTHERS = (OtherClaim, OtherReferral, OtherRequest, OtherContent)


def at_once(tenant, *works: Callable[[], Any]) -> list[Any]:
    met = threading.Barrier(len(works))

    def one(work: Callable[[], Any]) -> Any:
        try:
            with tenant_scope(tenant.id), transaction.atomic():
                connection.ensure_connection()
                met.wait()
                return work()
        except OTHERS as other:
            return type(other).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(one, works))


def test_two_lists_of_claims_decided_at_once_wait_for_each_other(committed, monkeypatch):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        ProductFactory(sku="SKU-X")
        accounts = sorted((enrolled_account(program) for _ in range(2)), key=lambda one: one.pk)
        first, second = (MemberFactory(account=account) for account in accounts)
        pushes = [spiff(program, name=f"Push {n}") for n in range(4)]
        managers = [client_of(tenant, StaffFactory().user) for _ in range(2)]
        # one list goes through the accounts against the order of its SPIFFs, the other with it
        lists = [
            [claimed(pushes[0], second), claimed(pushes[1], first)],
            [claimed(pushes[2], first), claimed(pushes[3], second)],
        ]

    # each holds the account of its first claim before it goes on to the second, if it can
    met, approve = threading.Barrier(2), deciding.approve

    def slowly(*args, **kwargs):
        done = approve(*args, **kwargs)
        with suppress(threading.BrokenBarrierError):
            met.wait(0.5)
        return done

    monkeypatch.setattr(deciding, "approve", slowly)

    def decide(number: int) -> Callable[[], int]:
        said = {"decision": "approve", "pick": [str(one.pk) for one in lists[number]]}
        return lambda: managers[number].post(QUEUE, said).status_code

    assert at_once(tenant, decide(0), decide(1)) == [302, 302]
    with tenant_scope(tenant.id), transaction.atomic():
        states = SpiffClaim.objects.values_list("state", flat=True)
        assert list(states) == ["approved"] * 4
    assert [one.invariant.claim for one in verify([tenant.id]) if one.violations] == []


def test_one_key_for_two_things_at_once_is_refused_and_no_error(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        programs = [ProgramFactory(), ProgramFactory()]
        ProductFactory(sku="SKU-X")
        sellers = [MemberFactory(account=enrolled_account(one)) for one in programs]
        pushes = [spiff(programs[0], name="Push"), spiff(programs[0], name="Pull")]
        for one in programs:
            referral_terms(one)
        demos = offered(each_quarter=1)
        a_kind("certificate")
        expert = certifies(a_course())

    said = {"key": "one form", "actor": "key:erp"}
    doing: list[tuple[type, str, Callable[[int], Any]]] = [
        (SpiffClaim, "OtherClaim", lambda n: claimed(pushes[n], sellers[0], **said)),
        (Referral, "OtherReferral", lambda n: referred(programs[n], sellers[n], **said)),
        (SupportRequest, "OtherRequest", lambda n: asked(sellers[n].account, demos, **said)),
        (
            Certificate,
            "OtherContent",
            lambda n: issued(expert, sellers[n], "2026-03-01", key="one form"),
        ),
    ]
    for kind, refused, do in doing:
        done = at_once(tenant, *(lambda do=do, n=n: do(n) for n in range(2)))
        assert [one for one in done if isinstance(one, str)] == [refused]
        with tenant_scope(tenant.id), transaction.atomic():
            assert kind.objects.count() == 1
    assert [one.invariant.claim for one in verify([tenant.id]) if one.violations] == []
