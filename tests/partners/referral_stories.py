"""The words in which the stories of referrals are told."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.ids import uuid7
from accounts.models import Account, Member, Program, Staff
from partners.models import Referral, ReferralTerms
from partners.referrals import clock, deciding
from partners.referrals.referring import Referred, refer
from partners.referrals.terms import Terms, draft, publish
from rewards.models import Wallet
from tests.factories import enrolled_account
from tests.rewards.stories import accepted, at, purchase

ZONE = ZoneInfo("America/New_York")
TODAY = date(2026, 5, 20)
NOON = at("2026-05-20")
OSTWIND = {
    "customer": "Ostwind AG",
    "website": "www.ostwind.de",
    "contact_email": "o@ostwind.de",
}


def referral_terms(program: Program, /, **said: Any) -> ReferralTerms:
    """500 points for who refers, 200 for who is referred, held for 30 days."""
    terms = {"unit": "points", "referrer_amount": 500, "referred_amount": 200}
    terms |= {"consent_text": "You may be written to about the program."}
    by = {"actor": "system", "now": NOON}
    drafted = draft(program=program, terms=Terms(**(terms | said)), **by)
    return publish(drafted.pk, seen=NOON, **by)


def wanted(program: Program, who: Member, /, **said: Any) -> Referred:
    return Referred(
        **(
            {
                "program": program,
                "account": who.account,
                "member": who,
                "customer": "Nordstern Logistik GmbH",
                "website": "www.nordstern.de",
                "contact": "Nora Stern",
                "contact_email": "nora@nordstern.de",
                "consented": True,
                "key": str(uuid7()),
                "actor": who.actor,
            }
            | said
        )
    )


def referred(
    program: Program, who: Member, /, *, today: date = TODAY, now: datetime = NOON, **said: Any
) -> Referral:
    return refer(wanted(program, who, **said), today=today, now=now)


def qualified(one: Referral, by: Staff, **said: Any) -> Referral:
    return deciding.qualify(one.pk, by=by.actor, now=NOON, **said)


def advanced(day: str) -> tuple[int, int, int]:
    """(won, returned, expired) on a day, at noon."""
    today = date.fromisoformat(day)
    done = clock.advance(today=today, zone=ZONE, now=at(day))
    return done.won, done.returned, done.expired


def held(account: Account) -> tuple[int, int]:
    wallet = Wallet.objects.filter(account=account, member=None, unit="points").first()
    return (wallet.available, wallet.pending) if wallet else (0, 0)


def bought(account: Account, amount: str, day: str, document: str) -> None:
    accepted(purchase(account, amount, at(day), document), as_of=at(day))


def customer(program: Program, number: str = "N-1", **said: Any) -> Account:
    said = {"name": "Nordstern Logistik", "domain": "nordstern.de"} | said
    return enrolled_account(program, number=number, **said)


def reasons(one: Referral) -> list[str]:
    return [flag["code"] for flag in one.flags]
