"""Who asks, for what, and how an answer is looked at."""

import re
import time
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage
from django.db import connection, connections, transaction
from django.http import HttpResponseBase
from django.test import Client

from accounts.ids import uuid7
from accounts.models import ImportRun, User
from accounts.notices.unsubscribing import unsubscribe_path
from accounts.postgres.statements import run
from accounts.signup import make_ticket
from accounts.tenancy import tenant_scope
from tests.isolation.rooms import ROOMS
from tests.isolation.seed.canaries import fingerprint
from tests.isolation.side import ANONYMOUS, CANARY, MEMBERS, OUTSIDERS, STAFF, Side

SIGNED_IN = (*(role for role in (*STAFF, *MEMBERS) if "suspended" not in role), *OUTSIDERS)
ROLES = ("anonymous", *SIGNED_IN, *ANONYMOUS[1:])

# Things that each account has its own of.
NUMBERED = (
    "account",
    "activity",
    "agreement",
    "enrollment",
    "entry",
    "file",
    "invitation",
    "rebate statement",
    "redemption",
    "reported sale",
    "sales report",
    *(kind for room in ROOMS for kind in room.OF_ACCOUNTS),
)
OWN, SIBLING, FOREIGN, NONE = "own", "sibling", "foreign", "none"

_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CHANGING = (
    re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"'),
    re.compile(rb'"X-CSRFToken": ?"[^"]*"'),
    re.compile(rb"nonce-[\w+/=-]+"),
    re.compile(rb'nonce="[^"]*"'),
    re.compile(rb"loy_[\w-]{4,}"),
    re.compile(rb"whsec_[\w+/]+={0,2}"),
    re.compile(rb'<time datetime="[^"]*\.\d{6}\+00:00">[^<]*</time>'),  # of this very moment
    re.compile(rb"http://alpha\.localhost\.?(:\d+)?/", re.IGNORECASE),  # as it was asked for
    # what two commands that both do something say of when they did it, and to what
    re.compile(rb'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z"'),
    re.compile(rb"[A-Z]-[0-9A-F]{8}"),
    re.compile(rb"badges/[\w-]{22}"),
    re.compile(rb'"digest":"[0-9a-f]{64}"'),  # of an agreement, whose id is in it
    re.compile(rb"(?<=%3A)1\w{5}%3A[\w-]{43}"),  # when a cursor was signed
)


@dataclass
class Answer:
    """What came back: in the response, in letters, in files and logs."""

    status: int
    location: str
    body: bytes
    elsewhere: str = ""
    letters: list[str] = field(default_factory=list)
    touched: bool = False  # whether beta's rows changed
    sent: list[str] = field(default_factory=list)

    def everything(self) -> bytes:
        return b"\n".join([self.body, self.location.encode(), self.elsewhere.encode()])

    def shape(self) -> tuple[int, bytes]:
        """Status and body without what differs between any two requests, and without what was
        sent: equal for a foreign identifier and one that does not exist."""
        text = self.everything()
        for value in sorted(self.sent, key=len, reverse=True):
            for written in {value, quote(value), escape(value), value.lower(), quote(quote(value))}:
                text = text.replace(written.encode(), b"<sent>")
        for changing in _CHANGING:
            text = changing.sub(b"", text)
        return self.status, _UUID.sub(b"<id>", text)


def _has_written() -> bool:
    """Whether the running transaction has changed any row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        return cursor.fetchone()[0]


def _written(letter: EmailMessage) -> str:
    return f"{letter.message()}\n{letter.body}\n{letter.subject}"


class World:
    """Alpha and beta, and everybody who could ask something of alpha."""

    def __init__(self, alpha: Side, beta: Side, files: Path, log: list[str]) -> None:
        self.alpha, self.beta, self.files, self.log = alpha, beta, files, log
        self._kept = self._files()  # what requests make besides is unlinked
        self.requests = 0
        self._client = Client(raise_request_exception=False)
        self.sessions = {role: self._session(role) for role in SIGNED_IN}
        self.secrets = alpha.secrets | {"key_other": beta.secrets["key_write"]}
        self._fingerprint = fingerprint(beta.tenant.id)
        self.untouched = self._rows_of_beta()
        self._ids_of_beta = self._find_ids_of_beta()
        self.authenticators = self._authenticators()
        self.cursors = {OWN: self._cursor(alpha), FOREIGN: self._cursor(beta), NONE: "no-cursor"}
        # The looks of a workspace are for anybody who opens its sign-in page.
        self.public_at_beta = {f"{CANARY}-accounts_tenant-name"}

    def _session(self, role: str) -> str:
        side = self.beta if role == "other_owner" else self.alpha
        client = Client()
        client.force_login(side.people["owner" if role == "other_owner" else role])
        session = client.session
        # As after a sign-in a moment ago, whenever that is: half of the pages would ask again.
        at = time.time() + timedelta(days=1).total_seconds()
        session["account_authentication_methods"] = [{"method": "password", "at": at}]
        session.save()
        return client.cookies["sessionid"].value

    def _cursor(self, side: Side) -> str:
        """Where the tenant's own list of accounts goes on."""
        headers = {"host": f"{side.tenant.slug}.localhost"}
        headers |= {"authorization": f"Bearer {side.secrets['key_read']}"}
        with transaction.atomic():
            answer = self._client.get("/api/v1/accounts?limit=1", headers=headers)
            transaction.set_rollback(True)  # the use of the key was noted
        return parse_qs(urlsplit(answer.json()["next"]).query)["cursor"][0]

    def _authenticators(self) -> dict[str, str]:
        """Passkeys of people who ask for nothing themselves."""
        made = {OWN: "987601", FOREIGN: "987602", NONE: "987603"}
        for variant in (OWN, FOREIGN):
            name = f"{CANARY}-key" if variant == FOREIGN else "key"
            user = User.objects.create(email=f"{name.lower()}holder@example.com", password="!")
            Authenticator.objects.create(
                pk=made[variant], user=user, type=Authenticator.Type.WEBAUTHN, data={"name": name}
            )
        return made

    # ── What is asked for ────────────────────────────────────────────────────────────────────────

    def value(self, kind: str, variant: str, role: str) -> str:
        """An identifier: the asker's own, a neighbor's in the same tenant, another tenant's, or
        one that nobody has."""
        numbers = ["1002", "1001"] if role in ("neighbor", "other_rep") else ["1001", "1002"]
        number = {OWN: numbers[0], SIBLING: numbers[1], FOREIGN: numbers[0]}.get(variant)
        side = self.beta if variant == FOREIGN else self.alpha
        if kind in NUMBERED:
            return str(side.things[f"{kind} {number}"] if number else uuid7())
        if kind == "notice":
            reader = role if f"notice {role}" in side.things else "owner"
            who = {SIBLING: "admin" if reader == "member" else "member"}.get(variant, reader)
            return str(side.things[f"notice {who}"] if number else uuid7())
        if kind in ("staff", "rep", "colleague"):
            who = "other_rep" if (variant == SIBLING) != (role == "other_rep") else "rep"
            return str(side.staff[who].id if number else uuid7())
        if kind == "person":
            return str(side.members["member"].id if number else uuid7())
        if kind in (
            "version",
            "agreement draft",
            "campaign",
            "segment",
            "kind of activity",
            "measure",
            "ladder",
            "ladder draft",
            "pin",
            "replay",
            "rule",
            "tier invitation",
        ):
            return str(side.things[kind] if number else uuid7())
        if kind == "colleague member":
            who = "neighbor" if number == "1002" else "member"
            return str(side.members[who].id if number else uuid7())
        if kind in (
            "import",
            "key",
            "adjustment",
            "credit",
            "payment",
            "payment run",
            "journal batch",
            "claim",
            "reward",
            "transfer",
            "endpoint",
            "delivery",
            "event",
            "view",
            "export",
            "product",
            *(kind for room in ROOMS for kind in room.OF_TENANT),
        ):
            name = {"key": "key_read"}.get(kind, kind)
            return str(side.things[name] if number else uuid7())
        return self._word(kind, variant, side, number)

    def _word(self, kind: str, variant: str, side: Side, number: str | None) -> str:
        if kind == "user":
            return user_pk_to_url_str(side.people["member"]) if number else "z1z"
        if kind == "ticket":
            return make_ticket(side.staff["owner"]) if number else "nothing:like:this"
        if kind == "unsubscribe link":
            reader = side.people["member"].id
            link = unsubscribe_path(user_id=reader, kinds=["milestone"], tenant_id=side.tenant.id)
            return link.rstrip("/").rpartition("/")[2] if number else "nothing:like:this"
        if kind == "authenticator":
            return self.authenticators[variant]
        words = {
            "number": (number, f"{CANARY}-1003", "NOBODY-1003"),
            "sku": ("SKU-1", f"{CANARY}-SKU", "NOTHING-SKU"),
            "document": (f"NEW-{number}", f"{CANARY}-DOC", "NOTHING-DOC"),
            "original": (f"INV-{number}", f"{CANARY}-DOC", "NOTHING-DOC"),
            "cursor": tuple(self.cursors[which] for which in (OWN, FOREIGN, NONE)),
            "command": (f"NEW-{number}", f"{CANARY}-CMD", "NOTHING-CMD"),
            "program": ("rewards", "canary-program", "nobody-program"),
            "words": ("Dealer", f"{CANARY}-accounts_account-name", "NOTHING-accounts_account-name"),
            "name of a file": (
                "orders",
                f"{CANARY}-accounts_importrun",
                "NOTHING-accounts_importrun",
            ),
            "tier": ("Silver", f"{CANARY}-tiers_tier-name", "NOTHING-tiers_tier-name"),
            "region": ("North", f"{CANARY}-region", "NOTHING-region"),
            "mailbox": ("member@example.com", "canary-admin@example.com", "nobody-x@example.com"),
            "colleague mailbox": (
                "rep@example.com",
                "canary-rep@example.com",
                "nobody-rep@example.com",
            ),
            "secret": (side.secrets.get("secret", ""), side.secrets.get("secret", ""), "no-secret"),
            "slug": ("alpha", "beta", "nobody"),
            "list": ("accounts", "canary-list", "nobody-list"),
            "job": ("advance", "canary-job", "nobody-job"),
            "kind": ("site_visit", "canary_kind", "nobody_kind"),
            "kind of notice": ("milestone", "canary-milestone", "nobody-milestone"),
            "language": ("en", "canary-en", "nobody-en"),
            "ladder code": ("tiers", "canary-ladder", "nobody-ladder"),
            "ready-made": ("starter", "canary-ready-made", "nobody-ready-made"),
            "place": ("1", "900000098", "900000099"),  # numbers that no icon's path is made of
            "measure that is there": ("revenue", "canary_measure", "nobody_measure"),
            "measure code": ("visits", "canary_measure", "nobody_measure"),
            "segment code": ("north", "canary-segment", "nobody-segment"),
        }[kind]
        return str(words[{FOREIGN: 1, NONE: 2}.get(variant, 0)])

    # ── Asking ───────────────────────────────────────────────────────────────────────────────────

    def ask(
        self, role: str, method: str, path: str, *, host: str = "alpha", sent=(), **request: Any
    ) -> Answer:
        """One request as `role`; whatever it did is rolled back once it has been looked at."""
        self.requests += 1
        mail.outbox.clear()
        del self.log[:]
        headers = {"host": f"{host}.localhost" if host else "localhost"} | request.pop(
            "headers", {}
        )
        if role in self.secrets:
            headers["authorization"] = f"Bearer {self.secrets[role]}"
        client = self._client  # one for all: each new one would load the middleware again
        client.cookies.clear()
        if role in self.sessions:
            client.cookies["sessionid"] = self.sessions[role]
        changing = method not in ("GET", "HEAD")
        if changing:
            cache.clear()  # whoever is throttled has not been tested
        with transaction.atomic():
            response = getattr(client, method.lower())(path, headers=headers, **request)
            answer = self._look(response, sent=list(sent), changing=changing)
            connection.run_on_commit.clear()
            transaction.set_rollback(True)
        for made in self._files() - self._kept if changing else ():
            made.unlink()
        return answer

    def _files(self) -> set[Path]:
        return {path for path in self.files.rglob("*") if path.is_file()}

    def _look(self, response: HttpResponseBase, *, sent: list[str], changing: bool) -> Answer:
        body = b"".join(response) if response.streaming else response.content
        for _, after, *_ in list(connection.run_on_commit):
            after()
        seen = [
            f"{name}: {value}" for name, value in response.headers.items() if name != "Location"
        ]
        differ = ("Content-Length", "ETag", "Expires", "RateLimit")
        seen = [line for line in seen if not line.startswith(differ)]
        seen += [str(one) for one in getattr(response.wsgi_request, "_messages", ())]
        seen += sorted(response.cookies)
        has_written = _has_written()
        if changing and has_written:
            seen += self._imported()
        return Answer(
            response.status_code,
            response.headers.get("Location", ""),
            body,
            elsewhere="\n".join([*seen, *self.log]),
            letters=[_written(letter) for letter in mail.outbox if not self._is_to_beta(letter)],
            touched=has_written and self._rows_of_beta() != self.untouched,
            sent=sent,
        )

    def _imported(self) -> list[str]:
        """What became of an import that the request began, and the file of its rejects."""
        with tenant_scope(self.alpha.tenant.id):
            runs = ImportRun.objects.exclude(id=self.alpha.things["import"])
            told = []
            for run in runs:
                told.append(f"{run.state} {run.accepted} {run.known} {run.rejected} {run.problem}")
                if run.rejects_as:
                    with default_storage.open(run.rejects_as) as file:
                        told.append(file.read().decode())
            return told

    def _rows_of_beta(self) -> list[tuple]:
        # Prepared once: to plan it takes longer than to run it, and it runs thousands of times.
        with tenant_scope(self.beta.tenant.id), transaction.atomic():
            return run(self._fingerprint, [])

    def rows_of_beta_for_the_owner(self) -> list[tuple]:
        with connections["owner"].cursor() as cursor:
            cursor.execute(self._fingerprint)
            return cursor.fetchall()

    def _find_ids_of_beta(self) -> set[bytes]:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute t "
                "ON t.attrelid = c.oid AND t.attname = 'tenant_id' JOIN pg_attribute i "
                "ON i.attrelid = c.oid AND i.attname = 'id' "
                "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
            )
            tables = [row[0] for row in cursor.fetchall()]
            found = {str(self.beta.tenant.id).encode()}
            for table in tables:
                cursor.execute(
                    f"SELECT id FROM {table} WHERE tenant_id = %s", [self.beta.tenant.id]
                )
                found |= {str(row[0]).encode() for row in cursor.fetchall()}
        return found

    def _own_words(self, role: str) -> list[str]:
        """What those of beta read of themselves: their address, the name of their workspace."""
        words = {"other_owner": [self.beta.people["owner"].email]}
        return (words | {"key_other": sorted(self.public_at_beta)}).get(role, [])

    def _is_to_beta(self, letter: EmailMessage) -> bool:
        """Whoever reads one of beta's mailboxes may read about beta."""
        return any(to.startswith("canary-") for to in letter.to)

    def canaries(self, answer: Answer, role: str) -> list[str]:
        """What of beta is in an answer, besides what the asker sent."""
        text = b"\n".join([answer.everything(), *(one.encode() for one in answer.letters)])
        for value in [*answer.sent, *self._own_words(role)]:
            for written in {value, quote(value), escape(value), value.lower(), quote(quote(value))}:
                text = text.replace(written.encode(), b"")
        found = re.findall(rb"canary-[\w.@-]*", text, re.IGNORECASE)
        found += [one for one in set(_UUID.findall(text)) if one in self._ids_of_beta]
        return [one.decode() for one in found]
