"""Referrals: terms, who was referred, and the link that lets a stranger in."""

from datetime import datetime
from typing import Any

from accounts.ids import uuid7
from partners.referrals.referring import Referred, refer
from partners.referrals.terms import Terms, draft, link_of, publish
from tests.isolation.calls import (
    Route,
    Values,
    asking,
    everybody,
    get,
    let_in,
    post,
    reading,
    route,
    with_key,
)
from tests.isolation.groups import PARTNERS, PEOPLE, READERS, idempotent
from tests.isolation.side import Side

KEPT = {
    "partners_referral": {"country", "flags", "request_key"},
    "partners_referrallink": {"token"},
}
OF_ACCOUNTS = ("referral",)
OF_TENANT = ("referral link", "referral terms")
# Whoever was given the link reads it, at its own tenant's host alone.
BOUND = ("referral_landing",)
LOOKERS = {"finance": 403, "analyst": 403}
NEW = {
    "customer": "Wholly Unheard Of",
    "contact": "C",
    "contact_email": "somebody@unheard-of.example",
}
TERMS = {
    "is_open": "on",
    "unit": "points",
    "referrer_amount": "5",
    "beneficiary": "account",
    "referred_amount": "0",
    "hold_days": "30",
    "won_by": "purchase",
    "least_amount": "0",
    "protect_days": "180",
    "consent_text": "C",
}


def sent(values: Values) -> dict[str, Any]:
    about = {"account": values("number"), "program": values("program")}
    return NEW | about | {"member": values("mailbox"), "consented": True}


ROUTES: dict[str, Route] = {
    "portal_referrals": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_referral_new": route(
        get(let_in(200, *PARTNERS, but={"viewer": 403})),
        post(
            let_in(302, *PARTNERS, but={"viewer": 403}),
            lambda values: NEW | {"key": str(uuid7()), "consented": "on"},
        ),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "referral_landing": route(
        get(everybody(200)),
        post(everybody(302), lambda values: NEW | {"key": str(uuid7()), "consented": "on"}),
        path={"token": "referral link"},
    ),
    "referral_thanks": route(get(everybody(200))),
    "console_referrals": route(*asking(let_in(200, *READERS), q="words")),
    "console_referral": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(status, *PEOPLE, but=LOOKERS),
                lambda values, action=action: {"action": action, "note": "N", "number": "1002"},
            )
            for action, status in (
                ("qualify", 302),
                ("reject", 302),
                ("win", 422),
                ("take_back", 422),
            )
        ),
        path={"referral_id": "referral"},
    ),
    "console_referral_terms": route(
        get(let_in(200, *PEOPLE)), post(let_in(422, *PEOPLE), lambda values: TERMS)
    ),
    "console_referral_terms_publish": route(
        post(let_in(302, *PEOPLE)), path={"terms_id": "referral terms"}
    ),
    "console_referral_terms_discard": route(
        post(let_in(302, *PEOPLE)), path={"terms_id": "referral terms"}
    ),
    "api_referrals": route(
        *reading(account="number"),
        post(with_key(201, "key_write"), sent, as_json=True, headers=idempotent),
    ),
    "api_referral": route(*reading(), path={"referral_id": "referral"}),
    **{
        f"api_referral_{step}": route(
            post(
                with_key(status, "key_write"),
                lambda values, body=body: body(values),
                as_json=True,
                headers=idempotent,
            ),
            path={"referral_id": "referral"},
        )
        for step, status, body in (
            ("qualify", 200, lambda values: {"note": "N"}),
            ("reject", 200, lambda values: {"note": "N"}),
            ("win", 409, lambda values: {"number": values("number")}),
            ("take_back", 409, lambda values: {"note": "N"}),
        )
    },
}


def furnish(side: Side, now: datetime) -> None:
    """Terms, a referral of each account, a link."""
    program = side.accounts["1001"].enrollments.first().program
    terms = Terms(unit="points", referrer_amount=500, consent_text="Consent")
    by = {"actor": side.staff["owner"].actor, "now": now}
    publish(draft(program=program, terms=terms, **by).pk, seen=now, **by)
    side.things["referral terms"] = draft(program=program, terms=terms, **by).id
    for number, who, name in (("1001", "member", "Quokka"), ("1002", "neighbor", "Wombat")):
        member = side.members[who]
        made = refer(
            Referred(
                program=program,
                account=side.accounts[number],
                member=member,
                customer=f"{name} Works",
                contact="Contact",
                contact_email=f"contact@{name.lower()}.example",
                website=f"{name.lower()}.example",
                tax_number=f"TAX {name}",
                country="US",
                note="Note",
                consented=True,
                key=f"form {number}",
                actor=member.actor,
            ),
            today=now.date(),
            now=now,
        )
        side.things[f"referral {number}"] = made.id
    link = link_of(member=side.members["member"], program_id=program.pk, now=now)
    side.things["referral link"] = link.token
