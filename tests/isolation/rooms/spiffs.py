"""SPIFFs: terms, claimed sales, people's years, employers' consents."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.files import keep_file
from accounts.ids import uuid7
from partners.models import SpiffClaim
from partners.spiffs import deciding
from partners.spiffs.claiming import Sale, claim
from partners.spiffs.consents import give_consent
from partners.spiffs.terms import Terms, add_spiff, draft, publish
from partners.spiffs.years import change_settings
from tests.isolation.calls import Route, Values, asking, get, let_in, post, reading, route, with_key
from tests.isolation.groups import MONEY, PARTNERS, PEOPLE, READERS, idempotent
from tests.isolation.side import Side

KEPT = {
    "partners_spiffversion": {"items"},
    "partners_spiffserial": {"serial"},  # each has to be another
    "partners_spiffclaim": {"flags", "request_key", "document_key", "limited_by"},
}
OF_ACCOUNTS = ("spiff claim", "spiff proof")
OF_TENANT = ("spiff", "spiff consent")
TODAY = timezone.now().date()
LOOKERS = {"finance": 403, "analyst": 403}


def terms(values: Values) -> dict[str, Any]:
    return {
        "items": f"{values('sku')}: 5",
        "starts_on": (TODAY - timedelta(days=30)).isoformat(),
        "ends_on": (TODAY + timedelta(days=30)).isoformat(),
        "valid_from": (TODAY + timedelta(days=1)).isoformat(),
        "beneficiary": "member",
        "claim_days": "30",
    }


def sale(values: Values) -> dict[str, Any]:
    return {
        "key": str(uuid7()),
        "product": values("sku"),
        "quantity": "1",
        "sold_on": (TODAY - timedelta(days=1)).isoformat(),
        "document": "R-NEW",
    }


def claimed(values: Values) -> dict[str, Any]:
    said = sale(values)
    del said["key"]
    return said | {
        "spiff": values("spiff"),
        "account": values("number"),
        "member": values("mailbox"),
        "quantity": 1,
    }


def consent(values: Values) -> dict[str, Any]:
    return {
        "email": "admin@example.com",
        "account": values("number"),
        "given_by": "G",
        "given_on": "2026-01-15",
    }


# What a person claims is shown to nobody else of the account.
OWN_CLAIM = {"viewer": 404, "admin": 404}

ROUTES: dict[str, Route] = {
    "portal_spiffs": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_spiff": route(
        get(let_in(200, *PARTNERS)),
        post(let_in(302, *PARTNERS, but={"viewer": 403}), sale),
        path={"enrollment_id": "enrollment", "spiff_id": "spiff"},
        second_wall=True,
    ),
    "portal_spiff_claim": route(
        get(let_in(200, *PARTNERS, but=OWN_CLAIM)),
        post(let_in(302, *PARTNERS, but=OWN_CLAIM)),
        path={"enrollment_id": "enrollment", "claim_id": "spiff claim"},
        second_wall=True,
    ),
    # The files of an account are shown to its people, but for what proves one person's claim.
    "portal_file": route(
        get(let_in(200, *PARTNERS, but=OWN_CLAIM)),
        path={"file_id": "spiff proof"},
        second_wall=True,
    ),
    "console_spiffs": route(get(let_in(200, *READERS))),
    "console_spiff_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(422, *PEOPLE), lambda values: terms(values) | {"name": "N", "unit": "money"}),
    ),
    "console_spiff": route(get(let_in(200, *READERS)), path={"spiff_id": "spiff"}),
    "console_spiff_edit": route(
        get(let_in(200, *PEOPLE)), post(let_in(302, *PEOPLE), terms), path={"spiff_id": "spiff"}
    ),
    # 422 of what somebody wrote at since it was read.
    "console_spiff_publish": route(post(let_in(422, *PEOPLE)), path={"spiff_id": "spiff"}),
    "console_spiff_discard": route(post(let_in(302, *PEOPLE)), path={"spiff_id": "spiff"}),
    "console_spiff_claims": route(
        *asking(let_in(200, *READERS), q="words", spiff="spiff"),
        post(
            let_in(302, *PEOPLE, but=LOOKERS),
            lambda values: {"decision": "approve", "pick": values("spiff claim")},
        ),
    ),
    "console_spiff_claim": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(status, *PEOPLE, but=LOOKERS),
                lambda values, action=action: {"action": action, "reason": "R", "units": "1"},
            )
            for action, status in (("approve", 302), ("reject", 302), ("take_back", 422))
        ),
        path={"claim_id": "spiff claim"},
    ),
    "console_spiff_people": route(
        *asking(let_in(200, *READERS), q="words"),
        post(let_in(302, *MONEY, but={"analyst": 403}), lambda values: {"threshold": "600"}),
    ),
    "console_spiff_consents": route(
        get(let_in(200, *READERS)), post(let_in(302, *MONEY, but={"analyst": 403}), consent)
    ),
    "console_spiff_consent_end": route(
        post(let_in(302, *MONEY)), path={"consent_id": "spiff consent"}
    ),
    "api_spiffs": route(*reading()),
    "api_spiff_claims": route(
        *reading(account="number"),
        post(with_key(201, "key_write"), claimed, as_json=True, headers=idempotent),
    ),
    "api_spiff_claim": route(*reading(), path={"claim_id": "spiff claim"}),
    **{
        f"api_spiff_claim_{step}": route(
            post(
                with_key(status, "key_write"),
                lambda values, body=body: body,
                as_json=True,
                headers=idempotent,
            ),
            path={"claim_id": "spiff claim"},
        )
        for step, status, body in (
            ("approve", 200, {}),
            ("reject", 200, {"note": "N"}),
            ("withdraw", 200, {}),
            ("take_back", 409, {"units": 1, "note": "N"}),
        )
    },
}


def furnish(side: Side, now: datetime) -> None:
    """A SPIFF with a draft of new terms, a claim of each account, a consent."""
    owner = side.staff["owner"].actor
    said = {
        "starts_on": now.date() - timedelta(days=60),
        "ends_on": now.date() + timedelta(days=60),
        "items": {"SKU-1": 500},
        "needs_proof": False,
        "allows_earlier": True,
    }
    by = {"actor": owner, "now": now}
    program = side.accounts["1001"].enrollments.first().program
    first = add_spiff(program=program, name="Push", unit="money", terms=Terms(**said), **by)
    publish(first.pk, seen=now, today=now.date(), **by)
    draft(
        spiff_id=first.spiff_id,
        terms=Terms(**said, valid_from=now.date() + timedelta(days=2)),
        **by,
    )
    side.things["spiff"] = first.spiff_id
    change_settings(threshold=600_00, points_worth=100, **by)
    for number, who in (("1001", "member"), ("1002", "neighbor")):
        made = claim(
            Sale(
                spiff_id=first.spiff_id,
                member=side.members[who],
                sku="SKU-1",
                quantity=2,
                sold_on=now.date() - timedelta(days=2),
                document=f"R-{number}",
                serials=[f"SN-{number}"],
                customer="Customer",
                note="Note",
                key=f"form {number}",
                actor=side.members[who].actor,
            ),
            zone=side.tenant.zone,
            now=now,
        )
        side.things[f"spiff claim {number}"] = made.id
        proof = keep_file(
            b"CANARY-proof" if side.tenant.slug == "beta" else b"Invoice",
            name="proof.txt",
            account_id=side.accounts[number].pk,
            actor=side.members[who].actor,
            now=now,
        )
        SpiffClaim.objects.filter(pk=made.pk).update(proof=proof)
        side.things[f"spiff proof {number}"] = proof.pk
    given = claim(
        Sale(
            spiff_id=first.spiff_id,
            member=side.members["member"],
            sku="SKU-1",
            quantity=2,
            sold_on=now.date() - timedelta(days=2),
            document="GIVEN-1",
            key="given",
            actor=side.members["member"].actor,
        ),
        zone=side.tenant.zone,
        now=now,
    )
    deciding.approve(given.pk, by=owner, now=now)
    deciding.take_back(given.pk, units=1, reason="Returned", actor=owner, now=now)
    kept = give_consent(
        member=side.members["member"],
        given_by="Director",
        given_on=now.date(),
        today=now.date(),
        **by,
    )
    side.things["spiff consent"] = kept.pk
