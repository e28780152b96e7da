"""The words in which the stories of SPIFFs are told."""

from datetime import date, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.ids import uuid7
from accounts.models import Member, Program, Staff
from partners.models import Spiff, SpiffClaim
from partners.spiffs import deciding
from partners.spiffs.claiming import Sale, claim
from partners.spiffs.terms import Terms, add_spiff, publish
from rewards.models import Wallet
from tests.rewards.stories import at

ZONE = ZoneInfo("America/New_York")
TODAY = date(2026, 5, 20)
NOON = at("2026-05-20")
ANNOUNCED = at("2026-04-01")
PAPER = b"%PDF-1.7\nan invoice\n%%EOF"


def invoice(content: bytes = PAPER) -> SimpleUploadedFile:
    return SimpleUploadedFile("invoice.pdf", BytesIO(content).read())


def spiff(program: Program, /, *, name: str = "Spring push", unit: str = "money", **terms: Any):
    """$25.00 for each unit of SKU-X sold from April to June, for who sold it."""
    said = {
        "starts_on": date(2026, 4, 1),
        "ends_on": date(2026, 6, 30),
        "items": {"SKU-X": 25_00},
        "needs_proof": False,
    }
    draft = add_spiff(
        program=program,
        name=name,
        unit=unit,
        terms=Terms(**(said | terms)),
        actor="system",
        now=ANNOUNCED,
    )
    publish(draft.pk, seen=ANNOUNCED, actor="system", today=date(2026, 4, 1), now=ANNOUNCED)
    return draft.spiff


def sale(one: Spiff, who: Member, /, **said: Any) -> Sale:
    return Sale(
        **(
            {
                "spiff_id": one.pk,
                "member": who,
                "sku": "SKU-X",
                "quantity": 2,
                "sold_on": date(2026, 5, 18),
                "document": f"R-{uuid7().hex[-8:]}",
                "key": str(uuid7()),
                "actor": who.actor,
            }
            | said
        )
    )


def claimed(one: Spiff, who: Member, /, *, now: datetime = NOON, **said: Any) -> SpiffClaim:
    return claim(sale(one, who, **said), zone=ZONE, now=now)


def approved(one: SpiffClaim, by: Staff, *, now: datetime = NOON) -> SpiffClaim:
    return deciding.approve(one.pk, by=by.actor, now=now)


def held(who: Member, unit: str = "money", **more: Any) -> tuple[int, int]:
    wallet = Wallet.objects.filter(account_id=who.account_id, member=who, unit=unit, **more).first()
    return (wallet.available, wallet.pending) if wallet else (0, 0)
