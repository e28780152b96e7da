"""What speaks against a referral: one's own company, a ring, somebody who is known already.

What is certain disqualifies at once, with its reasons; what only looks like it is for somebody to
judge. Codes are put into words by `loyalty.referral_words`.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import Account, Member
from accounts.postgres.statements import run
from accounts.tenancy import current_tenant_id
from partners.models import Referral, ReferralState
from partners.resemblance.comparing import CONFLICT, Customer, compare, tax_of, telling_of
from partners.resemblance.domains import BadAddress, host_of, site_of
from partners.resemblance.names import words_of

CERTAIN = 85  # from here on two are the same company for all we know
MOST = 200  # candidates that are compared
LIVE = (ReferralState.RECEIVED, ReferralState.QUALIFIED, ReferralState.WON)
# Attributes of accounts that hold a tax number, however the tenant called them.
TAX_NAMES = ("tax_number", "tax_id", "vat_number", "vat_id", "vat")
MOST_STEPS = 50

# Whether who refers was itself referred, by whom that one was, and so on.
_CHAIN = """
WITH RECURSIVE chain AS (
    SELECT %(account)s::uuid AS id, 0 AS steps
    UNION
    SELECT won.account_id, chain.steps + 1 FROM chain
    JOIN partners_referral won
      ON won.tenant_id = %(tenant)s AND won.referred_account_id = chain.id AND won.state = 'won'
    WHERE chain.steps < %(most)s
)
SELECT DISTINCT id FROM chain WHERE id <> %(account)s
"""


def suspect(referral: Referral) -> list[dict[str, Any]]:
    """What is found, the certain first: `code`, `is_certain`, and what it is about."""
    own = family_of(referral.account_id)
    above = ancestors_of(referral.account_id)
    found = [*_own_people(referral, own), *_known_people(referral, own)]
    for account, score in _accounts_like(referral):
        code = "self" if account.pk in own else "ring" if account.pk in above else "is_account"
        about = {"account": account.name, "number": account.number, "score": score}
        found.append({"code": code, "is_certain": score >= CERTAIN} | about)
    for other, score in _referrals_like(referral):
        about = {"referral": str(other.pk), "reference": other.reference, "score": score}
        found.append({"code": "duplicate", "is_certain": score >= CERTAIN} | about)
    return sorted(found, key=lambda flag: (not flag["is_certain"], -flag["score"]))


def family_of(account_id: UUID) -> set[UUID]:
    """The account, its parent, its children and its sisters."""
    account = Account.objects.get(pk=account_id)
    top = account.parent_id or account.pk
    theirs = Account.objects.filter(Q(pk=top) | Q(parent_id__in={top, account.pk}))
    return {account.pk, *theirs.values_list("pk", flat=True)}


def ancestors_of(account_id: UUID) -> set[UUID]:
    """Who has referred the account, who has referred them, and so on."""
    values = {"tenant": current_tenant_id(), "account": account_id, "most": MOST_STEPS}
    return {row[0] for row in run(_CHAIN, values)}


def score_of(referral: Referral, other: Sequence[Customer]) -> int:
    """How likely it is that both are the same company. Each is looked at by its site and by its
    contact's mail: that somebody writes from elsewhere speaks against nothing."""
    return max(compare(mine, its).score for mine in customers_of(referral) for its in other)


def customers_of(referral: Referral) -> list[Customer]:
    about = {"name": referral.customer, "tax": referral.tax, "country": referral.country}
    sites = {referral.site, referral.mail_site}
    return [Customer(site=site, **about) for site in sorted(sites)]


def as_customer(account: Account) -> Customer:
    taxes = [account.attributes.get(name) for name in TAX_NAMES]
    country = account.country.upper() if len(account.country) == 2 else ""
    return Customer(
        name=account.name,
        site=site_in(account.domain),
        tax=tax_of(next((str(tax) for tax in taxes if tax), "")),
        country=country,
    )


def site_in(text: str) -> str:
    """The registered domain in a web or e-mail address; "" of none, and of anybody's mailbox."""
    try:
        return site_of(host_of(text))
    except BadAddress:
        return ""


def _own_people(referral: Referral, own: Collection[UUID]) -> list[dict[str, Any]]:
    """The contact is somebody of who refers, or writes from their domain."""
    people = Member.objects.filter(account_id__in=own)
    flag = {"is_certain": True, "score": 100}
    if people.filter(user__email=referral.contact_email.lower()).exists():
        return [flag | {"code": "self_person"}]
    theirs = {site_in(email) for email in people.values_list("user__email", flat=True)}
    theirs |= {site_in(one) for one in _domains(own)}
    if {referral.mail_site, referral.site} & (theirs - {""}):
        return [flag | {"code": "self_domain"}]
    return []


def _domains(own: Collection[UUID]) -> list[str]:
    return list(Account.objects.filter(pk__in=own).values_list("domain", flat=True))


def _known_people(referral: Referral, own: Collection[UUID]) -> list[dict[str, Any]]:
    """The contact is a person of another account."""
    people = Member.objects.filter(user__email=referral.contact_email.lower())
    found = people.exclude(account_id__in=own).select_related("account").first()
    if found is None:
        return []
    about = {"account": found.account.name, "number": found.account.number}
    return [{"code": "known_person", "is_certain": True, "score": 100} | about]


def _accounts_like(referral: Referral) -> list[tuple[Account, int]]:
    like = _named_like(referral.customer, "name")
    for site in {referral.site, referral.mail_site} - {""}:
        like |= Q(domain__icontains=site)
    if referral.tax_number:
        for name in TAX_NAMES:
            like |= Q(**{f"attributes__{name}__in": [referral.tax_number, referral.tax]})
    rows = Account.objects.filter(like).order_by("created_at", "id")[:MOST]
    scored = [(row, score_of(referral, [as_customer(row)])) for row in rows]
    return [pair for pair in scored if pair[1] >= CONFLICT]


def _referrals_like(referral: Referral) -> list[tuple[Referral, int]]:
    """Earlier ones that are protected still, or won, of whomever; the strongest first."""
    like = _named_like(referral.customer, "customer")
    like |= Q(contact_email__iexact=referral.contact_email)
    for site in {referral.site, referral.mail_site} - {""}:
        like |= Q(site=site) | Q(mail_site=site)
    if referral.tax:
        like |= Q(tax=referral.tax)
    rows = Referral.objects.filter(like, program_id=referral.program_id, state__in=LIVE)
    found = []
    for row in rows.exclude(pk=referral.pk).order_by("referred_at", "id")[:MOST]:
        same = row.contact_email.lower() == referral.contact_email.lower()
        score = 100 if same else score_of(referral, customers_of(row))
        if score >= CONFLICT:
            found.append((row, score))
    return sorted(found, key=lambda pair: -pair[1])


def _named_like(name: str, field: str) -> Q:
    """By the longest telling word of the name; a typo elsewhere in it does no harm."""
    word = max(telling_of(words_of(name)), key=len)
    return Q(**{f"{field}__icontains": word[:6]}) | Q(**{f"{field}__iexact": name})
