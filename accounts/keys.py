"""Keys with which other systems call the API: made, found by their secret, revoked."""

from collections.abc import Collection
from datetime import date, datetime
from hashlib import sha256
from secrets import token_urlsafe

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from accounts import events
from accounts.models import ApiKey, Staff
from accounts.models.people import StaffRole
from accounts.postgres.statements import Ask, Row

# scope -> what a key with it may do
SCOPES = {
    "activities:write": _("Send facts: purchases, returns, training and every other activity"),
    "activities:read": _("Read the facts that were sent"),
    "accounts:read": _("Read accounts with their balances, tiers and progress"),
    "entries:read": _("Read what moved in wallets and why, and what expires when"),
    "rewards:read": _("Read what accounts can have for their points"),
    "redemptions:read": _("Read redemptions"),
    "redemptions:write": _("Redeem points for accounts, and call requests off"),
    "redemptions:decide": _("Approve, reject, fulfill and refund redemptions"),
    "rebates:read": _("Read agreements, what they owe and how, statements and settlements"),
    "rebates:write": _("Draft agreements, change their terms, offer and end them"),
    "rebates:answer": _("Accept agreements and statements for accounts, and dispute lines"),
    "rebates:approve": _(
        "Approve statements that somebody else has prepared, and answer disputed lines"
    ),
    "payments:read": _("Read masked bank details, payment runs and credits"),
    "payments:write": _("Prepare payment runs, say what the bank did, and hand credits over"),
    "payments:approve": _("Approve payment runs that somebody else has prepared"),
    "payments:file": _("Take the bank's file of a payment run, with account numbers in the clear"),
    "bank:write": _("Enter bank details of accounts"),
    "events:read": _("Read everything that happened, of all accounts, settings and people"),
    "webhooks:read": _("Read where events are sent, and how that goes"),
    "webhooks:write": _("Have everything that happens sent to addresses of its choice"),
    "transfers:read": _("Read which points people of an account passed on"),
    "transfers:write": _("Pass points on within an account"),
    "sales:read": _("Read the sales that partners report, and what became of them"),
    "sales:write": _("Report sales for accounts"),
    "sales:decide": _("Approve and reject reported sales"),
    "adjustments:read": _("Read which points were changed by hand, and why"),
    "adjustments:write": _("Add points by hand or take them off, above a limit only with approval"),
    "deals:read": _("Read the deals that partners registered, and what each may conflict with"),
    "deals:write": _(
        "Register deals for accounts, appeal, withdraw, ask for more days, win and lose"
    ),
    "leads:read": _("Read leads, who gets which and why, and who the person is"),
    "leads:write": _("Send leads, offer them to accounts by hand, and close them"),
    "leads:answer": _("Accept and decline leads for accounts, and report what became of them"),
    "deals:decide": _("Approve and reject deals, and extend them or not"),
    "support:read": _("Read which support partners ask for, and what became of it"),
    "support:write": _("Ask for support for accounts"),
    "support:decide": _("Answer, close and decline requests for support"),
    "plans:read": _("Read joint plans with accounts, and how they go"),
    "surveys:read": _("Read surveys, what came of them, and each answer with its person"),
    "funds:read": _("Read budgets of marketing funds, what accounts have of them, and requests"),
    "funds:write": _("Ask for funds for accounts, claim with proof, and withdraw"),
    "funds:decide": _("Allocate funds, approve and reject requests and claims, and enter payments"),
    "referrals:read": _("Read referrals, and what speaks against each"),
    "referrals:write": _("Refer companies for accounts"),
    "referrals:decide": _("Say which referrals qualify and are won, and take them back"),
    "spiffs:read": _("Read SPIFFs, and the sales that people claim for them"),
    "spiffs:write": _("Claim sales for people of accounts, and withdraw what was claimed"),
    "spiffs:decide": _("Approve and reject claimed sales, and take back what came back"),
    "training:read": _("Read courses, who completed them, and who holds which certificate"),
    "training:write": _("Report that people have completed courses"),
    "training:certify": _("Issue certificates, and revoke them"),
}
# What moves money to banks: of people only owners and finance do that, and finance makes no keys.
OF_OWNERS = frozenset({"payments:write", "payments:approve", "payments:file", "bank:write"})
_NAMES = [field.attname for field in ApiKey._meta.concrete_fields]
_PREFIX = "loy_"  # lets scanners of code repositories recognize a leaked key


class UnknownScope(ValueError):
    """A scope that no part of the API knows, or that who makes the key cannot give."""


def scopes_for(role: str) -> dict[str, str]:
    """What somebody with this role may let a key do: nobody gives what they do not have."""
    given = set(SCOPES) if role == StaffRole.OWNER else set(SCOPES) - OF_OWNERS
    return {name: gettext(said) for name, said in SCOPES.items() if name in given}


def make_key(
    *, name: str, scopes: Collection[str], actor: Staff, now: datetime
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is kept nowhere and cannot be shown again. Raises
    UnknownScope."""
    unknown = set(scopes) - scopes_for(actor.role).keys()
    if unknown or not scopes:
        raise UnknownScope(", ".join(sorted(unknown)) or "A key needs at least one scope.")
    secret = _PREFIX + token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        hint=secret[:8],
        secret_hash=hash_secret(secret),
        scopes=sorted(scopes),
        created_by=actor.actor,
        created_at=now,
    )
    _record("key.made", key=key, actor=actor, now=now)
    return key, secret


def revoke_key(*, key: ApiKey, actor: Staff, now: datetime) -> None:
    """From now on the key opens nothing. Revoking a revoked key changes nothing."""
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now)
    if revoked:
        _record("key.revoked", key=key, actor=actor, now=now)


def hash_secret(secret: str) -> str:
    """The only trace of a secret that is kept. Unsalted on purpose: it is looked up by it, and
    256 random bits cannot be guessed back."""
    return sha256(secret.encode()).hexdigest()


def secret_hash_of(authorization: str) -> str | None:
    """The hash of the secret in the header of that name; None where it bears none."""
    word, _, secret = authorization.partition(" ")
    return hash_secret(secret.strip()) if word.lower() == "bearer" else None


def live_key(secret_hash: str) -> Ask[ApiKey | None]:
    """The key with this hash, unless it is revoked, of the tenant announced to the transaction."""

    def read(rows: list[Row]) -> ApiKey | None:
        return ApiKey.from_db("default", _NAMES, rows[0]) if rows else None

    return Ask(
        f"SELECT {', '.join(_NAMES)} FROM accounts_apikey "  # noqa: S608 - names of its columns
        "WHERE tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::uuid "
        "AND secret_hash = %s AND revoked_at IS NULL",
        [secret_hash],
        read,
    )


def note_use(*, key: ApiKey, today: date) -> None:
    """Remember the day of the last use: one write a day, not one a request."""
    if key.last_used_on is None or key.last_used_on < today:
        earlier = Q(last_used_on=None) | Q(last_used_on__lt=today)
        # Who notes it now may work long; the day's other first calls do not wait for that.
        free = ApiKey.objects.select_for_update(skip_locked=True).filter(earlier, pk=key.pk)
        ApiKey.objects.filter(pk__in=free.values("pk")).update(last_used_on=today)
        key.last_used_on = today


def _record(kind: str, *, key: ApiKey, actor: Staff, now: datetime) -> None:
    events.record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=actor.actor,
        subject=f"key:{key.pk}",
        payload={"name": key.name, "hint": key.hint, "scopes": key.scopes},
    )
