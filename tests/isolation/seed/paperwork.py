"""Keys, invitations, imports, what is kept of lists, webhooks."""

from datetime import datetime
from hashlib import sha256

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts import commands, exports, invitations
from accounts.keys import SCOPES, make_key, revoke_key
from accounts.models import (
    ImportRun,
    Invitation,
    Product,
)
from accounts.saved_views import save_view
from tests.factories import (
    failed_delivery,
)
from tests.isolation.side import CANARY, Side


def furnish(side: Side, now: datetime) -> None:
    """Keys, invitations, imports with their files."""
    owner = side.staff["owner"]
    for name, scopes in (
        ("key_write", [scope for scope in SCOPES if not scope.endswith(":read")]),
        ("key_read", [scope for scope in SCOPES if scope.endswith(":read")]),
        ("key_revoked", ["accounts:read", "activities:write"]),
    ):
        key, side.secrets[name] = make_key(name=name, scopes=scopes, actor=owner, now=now)
        side.things[name] = key.id
        if name == "key_revoked":
            revoke_key(key=key, actor=owner, now=now)
    about = {"name": "Guest", "actor": owner, "now": now}
    staff = invitations.invite_staff(email="guest@example.com", role="rep", **about)
    partner = {"portal_role": "member", "business_role": ""}
    for number, account in side.accounts.items():
        email = f"guest{number}@example.com"
        made = invitations.invite_member(email=email, account=account, **partner, **about)
        side.things[f"invitation {number}"] = made.id
    side.things["invitation staff"] = staff.id
    for what, name in (("secret", "invitation staff"), ("secret partner", "invitation 1001")):
        secret = f"{side.tenant.slug}-{what}".replace(" ", "-")
        side.secrets[what] = secret
        Invitation.objects.filter(id=side.things[name]).update(
            secret_hash=sha256(secret.encode()).hexdigest()
        )
    side.things["import"] = _import(side, now).id
    _webhooks(side, now)
    _kept_of_lists(side, now)
    command("CMD-1", now)


def _kept_of_lists(side: Side, now: datetime) -> None:
    """A view that its owner shares, and a file of a list that waits for them."""
    owner = side.staff["owner"]
    about = {"staff": owner, "list_code": "accounts", "query": "region=North", "now": now}
    view = save_view(name="North", is_shared=True, is_default=False, **about)
    asked = exports.ask_for(rows=2, **about)
    claimed = exports.claim(asked.pk, at=now)
    text = f"{CANARY}-file\n" if side.tenant.slug == "beta" else "Number\n"
    exports.finish(claimed, ContentFile(text.encode()), at=now)
    side.things |= {"view": view.pk, "export": asked.pk, "product": Product.objects.get().pk}


def _webhooks(side: Side, now: datetime) -> None:
    delivery = failed_delivery(actor=side.staff["owner"].actor, now=now)
    side.things |= {
        "endpoint": delivery.endpoint_id,
        "delivery": delivery.pk,
        "event": delivery.event_id,
    }


def command(key: str, now: datetime) -> None:
    identity = commands.Identity(
        owner="api", key=key, route="POST /", digest=commands.digest_of("what both sent")
    )
    told = commands.Told(201, "{}", "/there")
    commands.keep(identity, told, actor="system", recorded_at=now)


def _import(side: Side, now: datetime) -> ImportRun:
    folder = f"{side.tenant.id}/imports"
    text = "rejected line,reason,Order\n2,why,1\n"
    if side.tenant.slug == "beta":
        text += f"3,{CANARY}-file,{CANARY}-file\n"
    kept = {
        name: default_storage.save(f"{folder}/{name}.csv", ContentFile(text.encode()))
        for name in ("stored", "rejects")
    }
    return ImportRun.objects.create(
        target="activities",
        state="done",
        file_name="orders.csv",
        stored_as=kept["stored"],
        rejects_as=kept["rejects"],
        mapping={"columns": {"account": "Account", "kind": "Kind", "external_id": "Order"}},
        options={"source": "erp"},
        rows=2,
        accepted=1,
        rejected=1,
        progress=1000,
        started_by=side.staff["manager"].actor,
        created_at=now,
        finished_at=now,
    )
