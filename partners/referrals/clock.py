"""What a day brings to referrals: a first purchase wins one, or ends one that cannot be won by it;
its return takes it back, and one that comes to nothing ends with its protection. Running twice is
once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Account, Activity
from accounts.postgres.statements import run
from accounts.progress import turns
from accounts.tenancy import current_tenant_id
from partners.models import Referral, ReferralState
from partners.referrals.deciding import NeverWon, NotNow, expire, reject, take_back, win
from partners.words import as_a_reason
from rewards.tallying import BEFORE_ALL

ACTOR = "system"
AT_ONCE = 500

# The account's first purchase that counts has to come after the referral: who has bought before is
# no new customer. One that is dated at the midnight before says its day alone, and may have come
# after. By its number where that is known, else by its domain or its tax number.
_WON = """
SELECT referral.id, account.id, first.id
FROM partners_referral referral
JOIN partners_referralterms terms
  ON terms.tenant_id = referral.tenant_id AND terms.id = referral.terms_id
JOIN accounts_tenant tenant ON tenant.id = referral.tenant_id
JOIN accounts_account account
  ON account.tenant_id = referral.tenant_id AND account.id <> referral.account_id
 AND CASE WHEN referral.number <> '' THEN account.number = referral.number
          ELSE referral.site <> '' AND (lower(account.domain) = referral.site
                                        OR right(lower(account.domain), length(referral.site) + 1)
                                           = '.' || referral.site)
            OR referral.mail_site <> '' AND lower(account.domain) = referral.mail_site
            OR referral.tax <> '' AND referral.tax = upper(regexp_replace(
                coalesce(account.attributes ->> 'tax_number', account.attributes ->> 'vat_number',
                         ''), '[^A-Za-z0-9]', '', 'g')) END
JOIN LATERAL (
    SELECT fact.id, fact.occurred_at, fact.amount FROM accounts_activity fact
    WHERE fact.tenant_id = account.tenant_id AND fact.account_id = account.id
      AND fact.kind = 'purchase' AND fact.reverses_id IS NULL
    ORDER BY fact.amount >= terms.least_amount DESC, fact.occurred_at, fact.id LIMIT 1
) first ON first.amount >= terms.least_amount
 AND (first.occurred_at >= referral.referred_at
      OR first.occurred_at = date_trunc('day', referral.referred_at, tenant.time_zone))
WHERE referral.tenant_id = %(tenant)s AND referral.state = 'qualified'
  AND terms.won_by = 'purchase'
  AND referral.id > %(past)s
ORDER BY referral.id, account.id LIMIT %(most)s
"""

# What is left of the purchase is less than what counts, and came back while the rewards were held:
# for the last of these days the clock comes after they have ended, and facts may come in late.
_BACK = """
SELECT referral.id, max(back.external_id)
FROM partners_referral referral
JOIN partners_referralterms terms
  ON terms.tenant_id = referral.tenant_id AND terms.id = referral.terms_id
JOIN accounts_activity first
  ON first.tenant_id = referral.tenant_id AND first.id = referral.activity_id
JOIN accounts_activity back
  ON back.tenant_id = first.tenant_id AND back.reverses_id = first.id
WHERE referral.tenant_id = %(tenant)s AND referral.state = 'won'
  AND back.occurred_at < referral.held_until
  AND referral.held_until > %(now)s::timestamptz - interval '7 days'
GROUP BY referral.id, first.amount, terms.least_amount
HAVING first.amount + sum(back.amount) < greatest(terms.least_amount, 1)
ORDER BY referral.id LIMIT %(most)s
"""


@dataclass(slots=True)
class Advanced:
    won: int = 0
    returned: int = 0
    expired: int = 0


def advance(*, today: date, zone: ZoneInfo, now: datetime) -> Advanced:
    """Do all that is due, each referral in a transaction of its own. One that breaks is raised once
    the others had their turns."""
    done = Advanced()
    with turns() as each:
        for referral_id, firsts, is_cut in _bought():
            done.won += each(_won, referral_id, firsts, ends=not is_cut, zone=zone, now=now)
        for referral_id, document in _due(_BACK, now=now):
            done.returned += each(_taken_back, referral_id, document, now=now)
        for referral_id in _over(today):
            done.expired += each(_tried, expire, referral_id, today=today, now=now)
    return done


def _bought() -> Iterator[tuple[UUID, list[tuple[UUID, UUID]], bool]]:
    """Each referral, with the accounts that it may have become, each with its first purchase, and
    whether there are more of them. Page by page: what has to wait keeps no later one from its turn.
    """
    past = BEFORE_ALL
    while rows := _due(_WON, past=past):
        is_full = len(rows) == AT_ONCE
        found = [(key, list(group)) for key, group in groupby(rows, key=itemgetter(0))]
        if is_full and len(found) > 1:
            found.pop()  # it may go on behind the page: the next one begins with it
        is_cut = is_full and len(found) == 1
        for referral_id, group in found:
            yield referral_id, [row[1:] for row in group], is_cut
        if not is_full:
            return
        past, _last = found[-1]


def _won(
    referral_id: UUID,
    firsts: Sequence[tuple[UUID, UUID]],
    *,
    ends: bool,
    zone: ZoneInfo,
    now: datetime,
) -> bool:
    """Won with the first of the accounts that it may have become, each with its purchase, with
    which it can be. Where it never can be with any, it `ends`: it would be tried again every hour,
    and enough of such would keep others from their turn. Who decides reads why, and lets it qualify
    anew once that is mended."""
    never: list[str] = []
    for account_id, activity_id in firsts:
        with transaction.atomic():
            account = Account.objects.get(pk=account_id)
            activity = Activity.objects.get(pk=activity_id)
        about = {"account": account, "activity": activity, "by": ACTOR, "zone": zone, "now": now}
        try:
            if _tried(win, referral_id, **about):
                return True
        except NeverWon as refused:
            never.append(refused.code)
    if ends and len(never) == len(firsts):
        _tried(reject, referral_id, by=ACTOR, reason=never[0], now=now)
    return False


def _taken_back(referral_id: UUID, document: str, *, now: datetime) -> bool:
    """Whoever has taken it back meanwhile was first. One that is won still would keep what it is
    not to have: raises why, and the job has failed until that is mended."""
    try:
        take_back(referral_id, by=ACTOR, reason=as_a_reason(document), now=now)
    except NotNow:
        with transaction.atomic():
            if Referral.objects.filter(pk=referral_id, state=ReferralState.WON).exists():
                raise
        return False
    return True


def _tried(step, referral_id, **about) -> bool:
    """What cannot be done with one now holds up no other; somebody sees it among those that wait.
    Raises NeverWon."""
    try:
        step(referral_id, **about)
    except NeverWon:
        raise
    except NotNow:
        return False
    return True


def _due(sql: str, **values: object) -> list[tuple]:
    with transaction.atomic():
        return run(sql, values | {"tenant": current_tenant_id(), "most": AT_ONCE})


def _over(today: date) -> list:
    with transaction.atomic():
        states = (ReferralState.RECEIVED, ReferralState.QUALIFIED)
        found = Referral.objects.filter(state__in=states, protected_until__lt=today)
        return list(found.order_by("id").values_list("pk", flat=True)[:AT_ONCE])
