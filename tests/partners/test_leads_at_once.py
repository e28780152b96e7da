"""Leads that many deal with at the same moment: turns stay fair, limits hold, one answer counts."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from accounts.models import JobRun
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from partners.leads import clock
from partners.leads.answering import accept
from partners.leads.desk import NotNow
from partners.models import Lead, LeadOffer
from tests.factories import ProgramFactory, TenantFactory
from tests.partners.lead_stories import HOUR, NOON, partner, received, rule, terms

LEADS, PARTNERS, LIMIT = 16, 3, 5


def test_turns_limits_and_answers_hold_when_everybody_comes_at_once(committed):
    with transaction.atomic():
        tenant = TenantFactory()
    with tenant_scope(tenant.id), transaction.atomic():
        terms(most_open=LIMIT)
        program = ProgramFactory()
        accounts = [partner(program, f"P-{n}") for n in range(PARTNERS)]
        rule()

    def at_once(work, how_many: int) -> list:
        def one(number: int):
            try:
                with tenant_scope(tenant.id):
                    return work(number)
            except NotNow:
                return None
            finally:
                connection.close()

        with ThreadPoolExecutor(how_many) as pool:
            return list(pool.map(one, range(how_many)))

    def receive_in_thread(number: int):
        with transaction.atomic():
            return received(str(number))

    leads = at_once(receive_in_thread, LEADS)
    held = [sum(lead.account_id == one.pk for lead in leads) for one in accounts]
    assert held == [LIMIT] * PARTNERS  # and one is left over
    assert sorted(lead.state for lead in leads) == ["offered"] * 15 + ["open"]

    wanted = next(lead for lead in leads if lead.state == "offered")
    its = {"account_id": wanted.account_id, "now": NOON}
    accepted = at_once(lambda n: accept(wanted.pk, actor=f"member:{n}", **its), 8)
    assert sum(one is not None for one in accepted) == 1

    late = NOON + 24 * HOUR
    others = [lead for lead in leads if lead.state == "offered" and lead.pk != wanted.pk][:5]

    def accept_or_expire(number: int):
        if number == len(others):
            return clock.advance(now=late).passed_on
        lead = others[number]
        just_in_time = late - HOUR / 3600
        return accept(lead.pk, account_id=lead.account_id, actor="system", now=just_in_time)

    *won, passed_on = at_once(accept_or_expire, len(others) + 1)
    in_time = sum(lead is not None for lead in won)
    with tenant_scope(tenant.id), transaction.atomic():
        clock.advance(now=late)
        assert Lead.objects.filter(state="accepted").count() == 1 + in_time
        assert LeadOffer.objects.filter(state="held").count() == 1 + in_time
        assert LeadOffer.objects.filter(state="expired").count() >= 14 - in_time
        assert passed_on <= 14
        JobRun.objects.create(job="advance_leads", period="x", state="done", started_at=late)
    assert {one.invariant.claim for one in verify([tenant.id]) if one.violations} == set()
