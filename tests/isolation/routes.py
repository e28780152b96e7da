"""Every route with its methods, who is let in, and where it takes identifiers from.

A route of the URL confs that is not here fails the build (see test_matrix).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from tests.isolation.world import ANONYMOUS, OUTSIDERS, World

Expects = Callable[[str], int]


class Values:
    """Fills a request's positions: the asker's own identifiers but for those in `chosen`."""

    def __init__(self, world: World, role: str, chosen: dict[str, str]) -> None:
        self.world, self.role, self.chosen = world, role, chosen
        self.sent: list[str] = []
        self.positions: list[str] = []

    def __call__(self, kind: str, position: str = "") -> str:
        position = position or kind
        self.positions.append(position)
        variant = self.chosen.get(position, "own")
        value = self.world.value(kind, variant, self.role)
        if position in self.chosen:
            self.sent.append(value)
        return value


def nothing(values: Values) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Call:
    """A method of a route: the status each role gets for its own identifiers, and the positions
    in query and body where identifiers go."""

    method: str
    expects: Expects
    query: Callable[[Values], dict[str, str]] = nothing
    body: Callable[[Values], Any] = nothing
    as_json: bool = False
    headers: Callable[[Values], dict[str, str]] = nothing


@dataclass(frozen=True)
class Route:
    calls: tuple[Call, ...]
    path: dict[str, str]  # of each part of the path, the kind of identifier it is
    second_wall: bool = False  # whether a neighbor's identifiers are as good as none
    any_method: bool = False


def everybody(status: int) -> Expects:
    return lambda role: status


def let_in(ok: int, *roles: str, but: dict[str, int] | None = None) -> Expects:
    """`ok` for the roles, the sign-in page for strangers, 403 for everybody else."""

    def expects(role: str) -> int:
        if but and role in but:
            return but[role]
        if role in roles:
            return ok
        return 302 if role in ANONYMOUS else 403

    return expects


def signed_in(ok: int, anonymous: int = 302) -> Expects:
    return lambda role: anonymous if role in ANONYMOUS else ok


def with_key(ok: int, key: str) -> Expects:
    other = {"key_write", "key_read"} - {key}
    return lambda role: ok if role == key else 403 if role in other else 401


def reading(**filters: str) -> tuple[Call, ...]:
    """What a key that reads may ask for: plainly, and by each filter."""
    return asking(with_key(200, "key_read"), **filters)


def at_home(role: str) -> int:
    return 403 if role in OUTSIDERS else 302


def route(*calls: Call, path: dict[str, str] | None = None, **more: Any) -> Route:
    return Route(calls, path or {}, **more)


def get(expects: Expects, query: Callable[[Values], dict[str, str]] = nothing) -> Call:
    return Call("GET", expects, query=query)


def post(expects: Expects, body: Callable[[Values], Any] = nothing, **more: Any) -> Call:
    return Call("POST", expects, body=body, **more)


PEOPLE = ("owner", "manager")
READERS = ("owner", "manager", "finance", "analyst")
CALLERS = ("rep", "other_rep", "owner", "manager")
PARTNERS = ("viewer", "member", "admin", "neighbor")
# Whose own accounts these are; owners and managers may look into the field, and own none.
NOT_THEIRS = {"owner": 404, "manager": 404}

LOOKS = {"part": "looks", "name": "N", "brand_color": "#101010", "accent_color": "#101010"}
BASIS = {"part": "basis", "currency": "EUR", "time_zone": "Europe/Berlin"}
MAPPING = """
[columns]
account = "Account"
kind = "Kind"
external_id = "Order"
date = "Date"
amount = "Amount"
product = "SKU"
[reverses]
external_id = "Original"
"""
ACCOUNTS_MAPPING = """
[columns]
number = "Number"
name = "Name"
rep = "Rep"
"""


def facts_file(values: Values) -> dict[str, Any]:
    today = f"{timezone.now():%Y-%m-%d}"
    number, sku = values("number"), values("sku")
    text = (
        "Account,Kind,Order,Date,Amount,SKU,Original\n"
        f"{number},purchase,{values('document')},{today},10.00,{sku},\n"
        f"{number},purchase,A-1,{today},10.00,{sku},\n"
        f"{number},return,A-2,{today},1.00,,{values('original')}\n"
    )
    return {"mapping": MAPPING, "source": "erp", "file": _file(text)}


def accounts_file(values: Values) -> dict[str, Any]:
    text = f"Number,Name,Rep\n{values('number')},New name,{values('colleague mailbox')}\nN-9,N,\n"
    return {"mapping": ACCOUNTS_MAPPING, "enroll": values("program"), "file": _file(text)}


def _file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("rows.csv", text.encode(), content_type="text/csv")


def fact(values: Values, **more: Any) -> dict[str, Any]:
    return {
        "account": values("number"),
        "kind": "purchase",
        "external_id": values("document"),
        "occurred_at": f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}",
        "amount": "10.00",
        "product": values("sku"),
    } | more


def reversal(values: Values) -> dict[str, Any]:
    now = f"{timezone.now():%Y-%m-%dT%H:%M:%SZ}"
    return {"external_id": values("document"), "occurred_at": now, "amount": "1.00"}


def facts(values: Values) -> list[dict[str, Any]]:
    takes_back = {"external_id": values("original"), "line": "1"}
    return [
        fact(values),
        {**fact(values, kind="return", reverses=takes_back), "external_id": "A-2", "product": ""},
        fact(values, external_id="A-3"),
    ]


def idempotent(values: Values) -> dict[str, str]:
    return {"idempotency-key": values("command")}


def north(values: Values) -> dict[str, Any]:
    return {"match": "all", "field": "region", "op": "eq", "value": values("region")}


def segment(values: Values) -> dict[str, Any]:
    return {"code": "new", "name": "New"} | north(values)


def rule(values: Values) -> dict[str, Any]:
    return {
        "code": "new",
        "name": "New",
        "kind": "purchase",
        "unit": "points",
        "rate": "2",
        "basis": "per_amount",
        "beneficiary": "account",
        "hold_days": "0",
        "match": "all",
        "field": "tier",
        "op": "eq",
        "value": "Gold",
    }


def campaign(values: Values) -> dict[str, Any]:
    return {
        "code": "new",
        "name": "New",
        "kind": "purchase",
        "unit": "points",
        "multiplier": "2",
        "starts_on": "2026-01-01",
        "ends_on": "2099-12-31",
    }


def sign_up(values: Values) -> dict[str, str]:
    """With the address of a workspace that is taken, and a mailbox that may be somebody's."""
    return {
        "company": "New",
        "slug": "alpha",
        "name": "New",
        "email": values("mailbox"),
        "password": "correct horse battery",
        "currency": "USD",
        "time_zone": "UTC",
    }


def asking(expects: Expects, **filters: str) -> tuple[Call, ...]:
    """A plain GET, and one for each filter by itself: together they would hide what each finds."""
    return (
        get(expects),
        *(
            get(expects, lambda values, name=name, kind=kind: {name: values(kind)})
            for name, kind in filters.items()
        ),
    )


ROUTES: dict[str, Route] = {
    # ── The tenant's hosts ───────────────────────────────────────────────────────────────────────
    "home": route(get(at_home)),
    "healthz": route(get(everybody(200))),
    "brand_logo": route(get(everybody(200))),
    "brand_colors": route(get(everybody(200))),
    "brand_icon": route(get(everybody(200))),
    "welcome": route(get(everybody(302)), path={"ticket": "ticket"}),
    "invitation": route(
        get(everybody(200)),
        post(
            lambda role: 302 if role in ANONYMOUS else 200,
            lambda values: {"name": "New", "password": "correct horse battery"},
        ),
        path={"secret": "secret"},
    ),
    # ── Partners ─────────────────────────────────────────────────────────────────────────────────
    "portal": route(get(let_in(302, *PARTNERS)), any_method=True),
    "portal_overview": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
        any_method=True,
    ),
    "portal_entries": route(
        *asking(let_in(200, *PARTNERS), older="entry", newer="entry"),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
        any_method=True,
    ),
    "colleagues": route(get(let_in(200, *PARTNERS))),
    "colleague_invite": route(
        get(let_in(200, "admin", "neighbor"), lambda values: {"account": values("account")}),
        post(
            let_in(302, "admin", "neighbor"),
            lambda values: {"email": "new@example.com", "portal_role": "member"},
            query=lambda values: {"account": values("account")},
        ),
        second_wall=True,
    ),
    # ── Sales reps ───────────────────────────────────────────────────────────────────────────────
    "field": route(*asking(let_in(200, *CALLERS), program="program", q="words")),
    "field_account": route(
        get(let_in(200, *CALLERS, but=NOT_THEIRS)), path={"account_id": "account"}, second_wall=True
    ),
    # ── The console ──────────────────────────────────────────────────────────────────────────────
    "console": route(*asking(let_in(200, *READERS), program="program")),
    "console_accounts": route(
        *asking(
            let_in(200, *READERS),
            program="program",
            q="words",
            rep="rep",
            tier="tier",
            region="region",
            partner_type="words",
        )
    ),
    "console_account": route(get(let_in(200, *READERS)), path={"account_id": "account"}),
    "console_activity": route(get(let_in(200, *READERS)), path={"activity_id": "activity"}),
    "console_kinds": route(get(let_in(200, *READERS))),
    "console_kind_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"code": values("kind"), "name": "N"}),
    ),
    "console_kind": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "N", "attributes": "a: text"}),
        path={"kind_id": "kind of activity"},
    ),
    "console_segments": route(get(let_in(200, *READERS))),
    "console_segment_new": route(
        get(let_in(200, *PEOPLE)), post(let_in(302, *PEOPLE), segment, query=nothing)
    ),
    "console_segment": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "N"} | north(values)),
        path={"segment_id": "segment"},
    ),
    "console_rules": route(*asking(let_in(200, *READERS), program="program")),
    "console_rule_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(let_in(302, *PEOPLE), rule, query=lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            lambda values: rule(values) | {"field": "segment", "value": values("segment code")},
        ),
    ),
    "console_rule": route(
        get(let_in(200, *READERS)),
        get(
            let_in(200, *READERS),
            lambda values: {"account": values("number"), "occurred_at": "2026-01-01T10:00"},
        ),
        get(let_in(200, *READERS), lambda values: {"past": "1"}),
        path={"version_id": "version"},
    ),
    "console_rule_edit": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), rule),
        path={"version_id": "version"},
    ),
    "console_rule_publish": route(
        post(let_in(302, *PEOPLE), lambda values: {"valid_from": ""}),
        path={"version_id": "version"},
    ),
    "console_rule_discard": route(post(let_in(302, *PEOPLE)), path={"version_id": "version"}),
    "console_rule_end": route(post(let_in(302, *PEOPLE)), path={"version_id": "version"}),
    "console_rule_next": route(post(let_in(302, *PEOPLE)), path={"version_id": "version"}),
    "console_second_pair": route(post(let_in(302, "owner"), lambda values: {"needed": "1"})),
    "console_campaigns": route(*asking(let_in(200, *READERS), program="program")),
    "console_campaign_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(let_in(302, *PEOPLE), lambda values: campaign(values) | {"rule": values("rule")}),
    ),
    "console_campaign": route(get(let_in(200, *READERS)), path={"campaign_id": "campaign"}),
    "console_campaign_edit": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), campaign),
        path={"campaign_id": "campaign"},
    ),
    "console_campaign_publish": route(post(let_in(302, *PEOPLE)), path={"campaign_id": "campaign"}),
    "console_campaign_discard": route(post(let_in(302, *PEOPLE)), path={"campaign_id": "campaign"}),
    "console_campaign_end": route(post(let_in(302, *PEOPLE)), path={"campaign_id": "campaign"}),
    "console_budget_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            lambda values: {"unit": "points", "amount": "1000", "ends_on": "2099-12-31"},
        ),
    ),
    "console_milestone_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            lambda values: {
                "code": "new",
                "name": "New",
                "kind": "purchase",
                "counted": "amount",
                "threshold": "1000.00",
            },
        ),
    ),
    "console_imports": route(*asking(let_in(200, *READERS), q="file")),
    "console_import": route(get(let_in(200, *READERS)), path={"import_id": "import"}),
    "console_import_rejects": route(get(let_in(200, *READERS)), path={"import_id": "import"}),
    "console_import_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"like": values("import")}),
        post(let_in(302, *PEOPLE), facts_file),
        post(let_in(200, *PEOPLE), lambda values: facts_file(values) | {"check": "1"}),
        post(let_in(302, *PEOPLE), accounts_file, query=lambda values: {"target": "accounts"}),
        post(
            let_in(200, *PEOPLE),
            lambda values: accounts_file(values) | {"check": "1"},
            query=lambda values: {"target": "accounts"},
        ),
    ),
    "people": route(get(let_in(200, *PEOPLE))),
    "members": route(
        *asking(let_in(200, *PEOPLE), q="mailbox"),
        get(let_in(200, *PEOPLE), lambda values: {"q": values("number")}),
    ),
    "staff_invite": route(
        get(let_in(200, *PEOPLE)),
        post(
            let_in(302, *PEOPLE),
            lambda values: {"email": "new@example.com", "name": "New", "role": "rep"},
        ),
    ),
    "member_invite": route(
        get(let_in(200, *PEOPLE), lambda values: {"account": values("number")}),
        post(
            let_in(302, *PEOPLE),
            lambda values: {
                "account": values("number"),
                "email": "new@example.com",
                "portal_role": "member",
            },
        ),
    ),
    "staff_change": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"role": "analyst", "is_active": "on"}),
        path={"staff_id": "staff"},
    ),
    "member_change": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"portal_role": "viewer", "is_active": "on"}),
        path={"member_id": "person"},
    ),
    "invite_resend": route(post(let_in(302, *PEOPLE)), path={"invitation_id": "invitation"}),
    "invite_revoke": route(post(let_in(302, *PEOPLE)), path={"invitation_id": "invitation"}),
    "settings": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: LOOKS),
        post(let_in(422, *PEOPLE), lambda values: BASIS),
    ),
    "settings_preview": route(
        get(let_in(200, *PEOPLE), lambda values: {"brand": "#101010", "accent": "#101010"})
    ),
    "keys": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(200, *PEOPLE), lambda values: {"name": "N", "scopes": ["accounts:read"]}),
    ),
    "key_revoke": route(post(let_in(302, *PEOPLE)), path={"key_id": "key"}),
    # ── The API ──────────────────────────────────────────────────────────────────────────────────
    "api_activities": route(
        post(with_key(201, "key_write"), fact, as_json=True),
        post(with_key(200, "key_write"), facts, as_json=True, headers=idempotent),
        *reading(account="number", external_id="document"),
    ),
    "api_activity": route(*reading(), path={"activity_id": "activity"}),
    "api_why_not": route(*reading(), path={"activity_id": "activity"}),
    "api_reversals": route(
        post(with_key(201, "key_write"), reversal, as_json=True, headers=idempotent),
        path={"activity_id": "activity"},
    ),
    "api_accounts": route(
        *reading(number="number", parent="number", region="region", cursor="cursor"),
    ),
    "api_account": route(*reading(), path={"number": "number"}),
    "api_enrollments": route(*reading(program="program"), path={"number": "number"}),
    "api_standings": route(*reading(program="program"), path={"number": "number"}),
    "api_entries": route(*reading(program="program"), path={"number": "number"}),
    "api_entry": route(*reading(), path={"entry_id": "entry"}),
    "api_why": route(*reading(), path={"entry_id": "entry"}),
    "api_lots": route(*reading(account="number", program="program")),
    "api_expiring": route(*reading(account="number")),
    "api_schema": route(get(everybody(200))),
    "api_docs": route(get(everybody(200))),
    # ── Sign-in: about the person who asks, and nobody else ──────────────────────────────────────
    "account_login": route(
        get(signed_in(302, 200)),
        post(
            signed_in(302, 200),
            lambda values: {"login": values("mailbox"), "password": "not the password"},
        ),
    ),
    "account_logout": route(get(signed_in(200)), post(everybody(302))),
    "account_inactive": route(get(everybody(200))),
    "account_signup": route(
        get(signed_in(302, 200)),
        post(
            signed_in(302, 200),
            lambda values: {"email": values("mailbox"), "password1": "correct horse battery"},
        ),
    ),
    "account_reauthenticate": route(
        get(signed_in(200)), post(signed_in(200), lambda values: {"password": "no"})
    ),
    "account_email": route(
        get(signed_in(200)),
        post(
            lambda role: 200 if role == "member" else signed_in(302)(role),  # it is theirs already
            lambda values: {"action_add": "", "email": values("mailbox")},
        ),
        post(
            signed_in(302),
            lambda values: {"action_primary": "", "email": values("mailbox")},
        ),
        post(
            signed_in(302),
            lambda values: {"action_remove": "", "email": values("mailbox")},
        ),
    ),
    "account_email_verification_sent": route(get(everybody(200))),
    "account_change_password": route(
        get(signed_in(200)), post(signed_in(200), lambda values: {"oldpassword": "no"})
    ),
    "account_set_password": route(get(signed_in(302)), post(signed_in(302))),
    "account_reset_password": route(
        get(everybody(200)),
        post(everybody(302), lambda values: {"email": values("mailbox")}),
    ),
    "account_confirm_login_code": route(
        get(signed_in(302)), post(signed_in(302), lambda values: {"code": "ABCDEF"})
    ),
    "account_confirm_email": route(
        get(everybody(200)), post(everybody(404)), path={"key": "document"}
    ),
    "account_reset_password_from_key_done": route(get(everybody(200))),
    "account_reset_password_from_key": route(
        get(everybody(200)),
        post(everybody(200), lambda values: {"password1": "a", "password2": "a"}),
        path={"uidb36": "user", "key": "document"},
    ),
    "account_reset_password_done": route(get(everybody(200))),
    "account_request_login_code": route(
        get(signed_in(302, 200)),
        post(signed_in(302), lambda values: {"email": values("mailbox")}),
    ),
    "mfa_index": route(get(signed_in(200))),
    "mfa_authenticate": route(get(everybody(302)), post(everybody(302))),
    "mfa_reauthenticate": route(get(signed_in(302)), post(signed_in(302))),
    "mfa_activate_totp": route(
        get(signed_in(302)), post(signed_in(302), lambda values: {"code": "123456"})
    ),
    "mfa_deactivate_totp": route(get(signed_in(404)), post(signed_in(404))),
    "mfa_view_recovery_codes": route(get(signed_in(404))),
    "mfa_generate_recovery_codes": route(get(signed_in(302)), post(signed_in(302))),
    "mfa_download_recovery_codes": route(get(signed_in(404))),
    "mfa_list_webauthn": route(get(signed_in(200))),
    "mfa_add_webauthn": route(get(signed_in(302)), post(signed_in(302))),
    "mfa_reauthenticate_webauthn": route(get(signed_in(302)), post(signed_in(302))),
    "mfa_remove_webauthn": route(
        get(signed_in(302)), post(signed_in(302)), path={"pk": "authenticator"}
    ),
    "mfa_edit_webauthn": route(
        get(signed_in(302)),
        post(signed_in(302), lambda values: {"name": "N"}),
        path={"pk": "authenticator"},
    ),
    "mfa_login_webauthn": route(get(everybody(302)), post(everybody(302))),
    # ── The plain host ───────────────────────────────────────────────────────────────────────────
    "front home": route(get(everybody(200))),
    "front healthz": route(get(everybody(200))),
    "front api_needs_a_key": route(
        # With a key, the key's tenant answers: it has nothing at this address.
        get(lambda role: 404 if role in ("key_write", "key_read", "key_other") else 401),
        any_method=True,
    ),
    "front sign_up": route(get(everybody(200)), post(everybody(422), sign_up)),
    "front choose_workspace": route(post(everybody(302), lambda values: {"slug": values("slug")})),
    "front forgotten_workspace": route(
        get(everybody(200)), post(everybody(302), lambda values: {"email": values("mailbox")})
    ),
}

CONFS = {"": "loyalty.urls", "front ": "loyalty.front.urls"}


def enumerated() -> dict[str, str]:
    """Every route of both URL confs, by name: its pattern."""
    found = {}
    for prefix, conf in CONFS.items():
        for name, pattern in _walk(get_resolver(conf), ""):
            assert prefix + name not in found, f"two routes are called {name}"
            found[prefix + name] = pattern
    return found


def _walk(resolver: URLResolver, before: str):
    for one in resolver.url_patterns:
        pattern = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield one.name or pattern, pattern
        else:
            yield from _walk(one, pattern)
