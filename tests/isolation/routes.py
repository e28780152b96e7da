"""Every route with its methods, who is let in, and where it takes identifiers from.

A route of the URL confs that is not here fails the build (see test_matrix).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.ids import uuid7
from accounts.notices.kinds import KINDS
from tests.isolation.calls import (
    Route,
    Values,
    asking,
    at_home,
    everybody,
    get,
    let_in,
    nothing,
    post,
    reading,
    route,
    with_key,
)
from tests.isolation.groups import (
    CALLERS,
    MONEY,
    NOT_THEIRS,
    PARTNERS,
    PEOPLE,
    PLACED,
    READERS,
    TREASURERS,
    idempotent,
)
from tests.isolation.rooms import ROOMS
from tests.isolation.side import ANONYMOUS
from tests.isolation.signin_routes import SIGN_IN_ROUTES

NEW_SECRET = "whsec_" + "A" * 43 + "="
LOOKS = {"part": "looks", "name": "N", "brand_color": "#101010", "accent_color": "#101010"}
BASIS = {
    "part": "basis",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "fiscal_year_starts": "3",
}
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
parent = "Parent"
"""


def wish(values: Values) -> dict[str, str]:
    return {
        "account": values("number"),
        "reward": values("reward"),
        "member": values("person"),
    }


def pass_on(values: Values) -> dict[str, str]:
    return {
        "identity": str(uuid7()),
        "taker": values("colleague member", "taker"),
        "amount": "1",
    }


def transfer(values: Values) -> dict[str, Any]:
    return {
        "account": values("number"),
        "program": values("program"),
        "giver": None,
        "taker": values("person"),
        "points": 1,
    }


def adjustment(values: Values) -> dict[str, Any]:
    return {
        "account": values("number"),
        "program": values("program"),
        "member": values("person"),
        "action": "credit",
        "points": 1,
        "reason": "R",
    }


def reward_form(values: Values) -> dict[str, str]:
    return {
        "name": "N",
        "code": "new-reward",
        "points": "10",
        "paid_by": "account",
        "limit_period": "ever",
        "details_value": "5.00",
    }


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
    text = (
        "Number,Name,Rep,Parent\n"
        f"{values('number')},New name,{values('colleague mailbox')},\n"
        f"N-9,N,,{values('number', 'parent')}\n"
    )
    return {"mapping": ACCOUNTS_MAPPING, "enroll": values("program"), "file": _file(text)}


def sales_list(values: Values) -> dict[str, Any]:
    text = (
        "Invoice,Date,Product,Quantity\n"
        f"{values('document')},{timezone.now():%Y-%m-%d},{values('sku')},1\n"
    )
    return {"upload": _file(text), "dates": "iso", "numbers": "point"}


def sales_rows(values: Values) -> dict[str, Any]:
    sale = {"document": values("document"), "sold_on": f"{timezone.now():%Y-%m-%d}"}
    sale |= {"product": values("sku"), "quantity": "1"}
    return {"account": values("number"), "name": "N", "sales": [sale]}


def sale_ruling(values: Values) -> dict[str, Any]:
    ruling = {"sale": values("reported sale"), "approve": False, "reason": "No"}
    return {"rulings": [ruling]}


def bank(values: Values) -> dict[str, str]:
    return {"holder": "N", "iban": "NL91ABNA0417164300"}


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


def north(values: Values) -> dict[str, Any]:
    return {"match": "all", "field": "region", "op": "eq", "value": values("region")}


def segment(values: Values) -> dict[str, Any]:
    return {"code": "new", "name": "New"} | north(values)


MEASURE = {"name": "N", "counts": "facts", "kinds": ["training"], "returns": "in_their_month"}


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


def notice_choices(values: Values) -> dict[str, str]:
    """As each kind has it by itself, in German."""
    often = {f"letter_{kind.code}": kind.often.value for kind in KINDS.values()}
    return often | {"language": "de"}


def endpoint(values: Values) -> dict[str, Any]:
    return {"url": "https://new.example.com/", "kinds": ["*"], "secret": NEW_SECRET}


POLICIES = {
    "evaluated": "quarter",
    "rises": "at_once",
    "kept_unit": "quarter",
    "kept_periods": "1",
    "falls": "to_what_is_met",
    "grace_days": "0",
    "near_percent": "85",
}


def tier(values: Values) -> dict[str, str]:
    return {
        "name": "New",
        "code": "new",
        "multiplier": "2",
        "of": values("measure that is there"),
        "window": "quarter",
        "take": "total",
        "op": "gte",
        "wanted": "1000",
        "weight": "",
        "least": "",
        "match": "all",
    }


def agreement(values: Values) -> dict[str, Any]:
    return {
        "name": "N",
        "code": "new-agreement",
        "party": "account",
        "account": values("number"),
        "paid_to": "parent",
        "period": "month",
        "starts_on": "2026-01-01",
        "measure": "value",
        "kinds": "purchase",
        "returns": "with_the_original",
        "position": "absolute",
        "pays": "whole",
        "settles": "period",
        "method": "credit_note",
        "grace_days": "5",
        "answer_days": "14",
        "start": "100",
        "rate": "2",
        "match": "all",
    }


def agreement_draft(values: Values) -> dict[str, Any]:
    return {
        "program": values("program"),
        "code": "new-agreement",
        "name": "N",
        "party": "account",
        "account": values("number"),
        "period": "month",
        "starts_on": "2026-01-01",
        "terms": {"bands": [{"from": "100", "rate": "2"}]},
    }


def replay(values: Values) -> dict[str, str]:
    today = timezone.now().date()
    return {
        "name": "N",
        "since": f"{today - timedelta(days=20)}",
        "until": f"{today - timedelta(days=10)}",
        "tiers": values("ladder draft"),
        "rules": values("version"),
        "point_cost": "0.01",
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
    "portal": route(get(let_in(302, *PARTNERS))),
    "portal_overview": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_entries": route(
        *asking(let_in(200, *PARTNERS), older="entry", newer="entry"),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_transfer": route(
        get(let_in(200, *PARTNERS)),
        post(
            # nobody passes on what is a colleague's, nor to themselves
            let_in(422, *PARTNERS),
            lambda values: pass_on(values) | {"giver": values("person", "giver")},
        ),
        post(
            let_in(302, "admin", "neighbor", but={"viewer": 422, "member": 422}),
            lambda values: pass_on(values) | {"giver": "account", "step": "confirm"},
        ),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_activities": route(
        get(let_in(200, *PARTNERS)),
        get(let_in(200, *PARTNERS), lambda values: {"earned": "nothing"}),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_activity": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment", "activity_id": "activity"},
        second_wall=True,
    ),
    "portal_programs": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_claims": route(
        *asking(let_in(200, *PARTNERS), page="document"),
        post(
            let_in(302, *PARTNERS, but={"viewer": 403}),
            lambda values: {"document": "NEW-1", "bought_on": "2026-01-15", "amount": "9.50"},
        ),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_sales": route(
        *asking(let_in(200, *PARTNERS), page="document"),
        post(let_in(302, *PARTNERS, but={"viewer": 403}), sales_list),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_sales_report": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment", "report_id": "sales report"},
        second_wall=True,
    ),
    "portal_credits": route(
        *asking(let_in(200, *PARTNERS), page="document"),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_credit_note": route(
        # It is 1001's: whose neighbors find nothing there.
        get(let_in(200, *PARTNERS, but={"neighbor": 404})),
        path={"enrollment_id": "enrollment", "credit_id": "credit"},
        second_wall=True,
    ),
    "portal_bank": route(
        get(let_in(200, *PARTNERS)),
        post(let_in(302, "admin", "neighbor", but={"viewer": 403, "member": 403}), bank),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_how": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_tiers": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_statement": route(
        *asking(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_statement_file": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_rebates": route(
        *asking(let_in(200, *PARTNERS), page="document"),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_agreement": route(
        get(let_in(200, *PARTNERS)),
        post(
            let_in(302, "admin", "neighbor", but={"viewer": 404, "member": 404}),
            lambda values: {"version": "1", "digest": "1"},
        ),
        path={"enrollment_id": "enrollment", "agreement_id": "agreement"},
        second_wall=True,
    ),
    "portal_rebate_statement": route(
        get(let_in(200, *PARTNERS)),
        *(
            post(
                let_in(302, *PARTNERS, but={"viewer": 404}),
                lambda values, action=action: {"action": action, "line": "1", "reason": "R"},
            )
            for action in ("accept", "dispute", "withdraw")
        ),
        path={"enrollment_id": "enrollment", "statement_id": "rebate statement"},
        second_wall=True,
    ),
    "portal_rebate_statement_file": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment", "statement_id": "rebate statement"},
        second_wall=True,
    ),
    "portal_rewards": route(
        *asking(let_in(200, *PARTNERS), type="words", page="document"),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_reward": route(
        get(let_in(200, *PARTNERS)),
        # a viewer is told that viewers look only
        post(let_in(200, *PARTNERS, but={"viewer": 422}), lambda values: {"step": "choose"}),
        post(
            let_in(302, *PARTNERS, but={"viewer": 422}),
            lambda values: {"step": "confirm", "points": "10", "key": str(uuid7())},
        ),
        path={"enrollment_id": "enrollment", "reward_id": "reward"},
        second_wall=True,
    ),
    "portal_redemptions": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
    "portal_redemption": route(
        get(let_in(200, *PARTNERS)),
        path={"enrollment_id": "enrollment", "redemption_id": "redemption"},
        second_wall=True,
    ),
    "portal_redemption_cancel": route(
        # Their colleagues' is not theirs to call off, but an admin's.
        post(let_in(302, *PARTNERS, but={"viewer": 404, "member": 404})),
        path={"enrollment_id": "enrollment", "redemption_id": "redemption"},
        second_wall=True,
    ),
    "portal_redemption_code": route(
        post(let_in(302, *PARTNERS)),
        path={"enrollment_id": "enrollment", "redemption_id": "redemption"},
        second_wall=True,
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
    # ── Everybody's inbox ────────────────────────────────────────────────────────────────────────
    "notices": route(*asking(let_in(200, *PLACED), page="document", show="words")),
    "notices_read": route(post(let_in(302, *PLACED))),
    "notice": route(get(let_in(302, *PLACED)), path={"notice_id": "notice"}, second_wall=True),
    "notice_mark": route(
        post(let_in(302, *PLACED), lambda values: {"as": "unread"}),
        path={"notice_id": "notice"},
        second_wall=True,
    ),
    "notice_choices": route(get(let_in(200, *PLACED)), post(let_in(302, *PLACED), notice_choices)),
    "notice_unsubscribe": route(
        get(everybody(200)), post(everybody(200)), path={"token": "unsubscribe link"}
    ),
    # ── Sales reps ───────────────────────────────────────────────────────────────────────────────
    "field": route(*asking(let_in(200, *CALLERS), program="program", q="words")),
    "field_account": route(
        get(let_in(200, *CALLERS, but=NOT_THEIRS)), path={"account_id": "account"}, second_wall=True
    ),
    "field_file": route(
        get(let_in(200, *CALLERS, but=NOT_THEIRS)), path={"file_id": "file"}, second_wall=True
    ),
    "field_from_crm": route(
        get(let_in(302, *CALLERS, but=NOT_THEIRS)), path={"crm_id": "number"}, second_wall=True
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
        ),
        post(
            let_in(302, *PEOPLE, but={"finance": 404, "analyst": 404}),
            lambda values: {"action": "enroll", "pick": values("account")},
        ),
    ),
    "console_enroll": route(
        post(let_in(302, *PEOPLE), lambda values: {"program": values("program")}),
        path={"account_id": "account"},
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
    "console_measures": route(*asking(let_in(200, *READERS), q="words", account="words")),
    "console_measure_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"code": values("measure code")} | MEASURE),
    ),
    "console_measure": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: MEASURE),
        path={"measure_id": "measure"},
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
    "console_rules": route(
        *asking(let_in(200, *READERS), program="program"),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"action": "discard", "pick": values("version")},
        ),
    ),
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
    "console_ladders": route(*asking(let_in(200, *READERS), program="program")),
    "console_ready_made_list": route(*asking(let_in(200, *READERS), program="program")),
    "console_ready_made": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            lambda values: {"code": "new", "name": "New"},
            query=lambda values: {"program": values("program")},
        ),
        path={"code": "ready-made"},
    ),
    "console_ladder": route(get(let_in(200, *READERS)), path={"version_id": "ladder draft"}),
    "console_ladder_edit": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: POLICIES),
        path={"version_id": "ladder draft"},
    ),
    "console_tier_edit": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), tier),
        path={"version_id": "ladder draft", "rank": "place"},
    ),
    "console_tier_impact": route(
        post(let_in(200, *PEOPLE), tier),
        path={"version_id": "ladder draft", "rank": "place"},
    ),
    "console_tier_remove": route(
        post(let_in(302, *PEOPLE)), path={"version_id": "ladder draft", "rank": "place"}
    ),
    "console_ladder_preview": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"from": values("tier"), "to": "Silver"}),
        post(let_in(302, *READERS)),
        path={"version_id": "ladder draft"},
    ),
    "console_ladder_propose": route(
        get(let_in(200, *PEOPLE)),
        get(
            let_in(200, *PEOPLE),
            lambda values: {
                "measure": "revenue",
                "window": "quarter",
                "take": "total",
                "shares": "50",
            },
        ),
        post(
            let_in(302, *PEOPLE),
            lambda values: {
                "measure": "revenue",
                "window": "quarter",
                "take": "total",
                "shares": "50",
            },
        ),
        path={"version_id": "ladder draft"},
    ),
    "console_ladder_publish": route(
        post(let_in(302, *PEOPLE), lambda values: {"valid_from": "", "grace_days": "0"}),
        path={"version_id": "ladder draft"},
    ),
    "console_ladder_discard": route(
        post(let_in(302, *PEOPLE)), path={"version_id": "ladder draft"}
    ),
    "console_ladder_next": route(post(let_in(302, *PEOPLE)), path={"version_id": "ladder draft"}),
    "console_enrollment_tiers": route(
        get(let_in(200, *READERS)), path={"enrollment_id": "enrollment"}
    ),
    "console_pin": route(
        post(
            let_in(302, *PEOPLE),
            lambda values: {"tier": "tiers/gold", "until": "2099-12-31", "reason": "R"},
        ),
        path={"enrollment_id": "enrollment"},
    ),
    "console_pin_decide": route(
        post(let_in(302, *PEOPLE), lambda values: {"decision": "lift"}), path={"pin_id": "pin"}
    ),
    "console_tier_invite": route(
        post(let_in(302, *PEOPLE), lambda values: {"tier": "circle/inner"}),
        path={"enrollment_id": "enrollment"},
    ),
    "console_tier_invitation_withdraw": route(
        post(let_in(302, *PEOPLE)), path={"invitation_id": "tier invitation"}
    ),
    "console_replays": route(get(let_in(200, *READERS))),
    "console_replay_new": route(
        get(
            let_in(200, *PEOPLE),
            lambda values: {"program": values("program"), "tiers": values("ladder draft")},
        ),
        post(let_in(302, *PEOPLE), replay),
    ),
    "console_replay": route(get(let_in(200, *READERS)), path={"run_id": "replay"}),
    "console_replay_file": route(get(let_in(200, *READERS)), path={"run_id": "replay"}),
    "console_campaigns": route(
        *asking(let_in(200, *READERS), program="program"),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"action": "end", "pick": values("campaign")},
        ),
    ),
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
    "console_statement": route(get(let_in(200, *READERS)), path={"enrollment_id": "enrollment"}),
    "console_statement_file": route(
        get(let_in(200, *READERS)), path={"enrollment_id": "enrollment"}
    ),
    "console_adjust": route(
        get(let_in(200, *MONEY)),
        post(
            let_in(302, *MONEY),
            lambda values: {
                "identity": str(uuid7()),
                "action": "credit",
                "amount": "5",
                "reason": "R",
                "holder": values("colleague member"),
            },
        ),
        path={"enrollment_id": "enrollment"},
    ),
    "console_extend": route(
        get(let_in(200, *MONEY)),
        post(
            let_in(422, *MONEY),
            lambda values: {"identity": str(uuid7()), "expiring": "2020-01-01", "reason": "R"},
        ),
        path={"enrollment_id": "enrollment"},
    ),
    "console_reinstate": route(
        get(let_in(200, *MONEY)),
        post(
            let_in(422, *MONEY),
            lambda values: {
                "identity": str(uuid7()),
                "expired": values("entry"),
                "reason": "R",
            },
        ),
        path={"enrollment_id": "enrollment"},
    ),
    "console_adjustments": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"state": "pending"}),
        post(
            let_in(302, *MONEY, but={"analyst": 403}),
            lambda values: {"decision": "reject", "pick": values("adjustment")},
        ),
    ),
    "console_adjustment": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(302, *MONEY, but={"analyst": 403}),
                lambda values, decision=decision: {"decision": decision},
            )
            for decision in ("submit", "approve", "reject", "discard")
        ),
        path={"adjustment_id": "adjustment"},
    ),
    "console_correction_terms": route(
        get(let_in(200, *PEOPLE)),
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            lambda values: {"approval_above": "7"},
            query=lambda values: {"program": values("program")},
        ),
    ),
    "console_adjustment_limits": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"program": values("program")}),
        post(
            let_in(302, "owner", "finance", but={"manager": 403, "analyst": 403}),
            lambda values: {"role_manager": "70"},
            query=lambda values: {"program": values("program")},
        ),
    ),
    "console_rewards": route(*asking(let_in(200, *READERS), program="program")),
    "console_reward_new": route(
        get(let_in(200, *PEOPLE), lambda values: {"program": values("program")}),
        post(
            let_in(302, *PEOPLE),
            reward_form,
            query=lambda values: {"type": "credit_note", "program": values("program")},
        ),
    ),
    "console_reward": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), reward_form),
        path={"reward_id": "reward"},
    ),
    "console_reward_state": route(
        post(let_in(302, *PEOPLE), lambda values: {"to": "retire"}), path={"reward_id": "reward"}
    ),
    "console_reward_codes": route(
        post(let_in(302, *PEOPLE), lambda values: {"codes": "NEW-CODE-1"}),
        path={"reward_id": "reward"},
    ),
    "console_reward_slots": route(
        post(let_in(302, *PEOPLE), lambda values: {"starts": "2030-01-01 10:00"}),
        path={"reward_id": "reward"},
    ),
    "console_agreements": route(
        *asking(let_in(200, *READERS), program="program", q="words", owner="rep")
    ),
    "console_agreement_new": route(
        *asking(let_in(200, *PEOPLE), program="program"), post(let_in(302, *PEOPLE), agreement)
    ),
    "console_agreement": route(get(let_in(200, *READERS)), path={"agreement_id": "agreement"}),
    "console_agreement_edit": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), agreement),
        path={"version_id": "agreement draft"},
    ),
    "console_agreement_trial": route(
        get(let_in(200, *READERS)), path={"version_id": "agreement draft"}
    ),
    "console_agreement_offer": route(
        post(let_in(302, *PEOPLE)), path={"version_id": "agreement draft"}
    ),
    "console_agreement_discard": route(
        post(let_in(302, *PEOPLE)), path={"version_id": "agreement draft"}
    ),
    "console_agreement_next": route(post(let_in(302, *PEOPLE)), path={"agreement_id": "agreement"}),
    "console_agreement_end": route(
        post(let_in(302, *PEOPLE), lambda values: {"day": "2099-12-31"}),
        path={"agreement_id": "agreement"},
    ),
    "console_accruals": route(
        *asking(let_in(200, *READERS), agreement="agreement"),
        get(let_in(200, *READERS), lambda values: {"by": "line"}),
    ),
    "console_rebate_statements": route(
        *asking(let_in(200, *READERS), q="words"),
        post(
            let_in(302, *MONEY, but={"analyst": 404}),
            lambda values: {"pick": values("rebate statement")},
        ),
    ),
    "console_rebate_closing": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *MONEY, but={"analyst": 404}), lambda values: {"pick": values("agreement")}
        ),
    ),
    "console_rebate_statement": route(
        get(let_in(200, *READERS)),
        post(let_in(302, *MONEY, but={"analyst": 404}), lambda values: {"action": "approve"}),
        path={"statement_id": "rebate statement"},
    ),
    "console_rebate_statement_file": route(
        get(let_in(200, *READERS)), path={"statement_id": "rebate statement"}
    ),
    "console_inbox": route(
        get(let_in(200, *READERS)),
        get(
            let_in(200, *READERS),
            lambda values: {"open": f"adjustment:{values('adjustment')}"},
        ),
        post(
            let_in(302, *READERS, but={"manager": 422, "analyst": 422}),
            lambda values: {
                "decision": "approve",
                "pick": f"adjustment:{values('adjustment')}",
            },
        ),
    ),
    "console_claims": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"state": "rejected"}),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"decision": "reject", "note": "No", "pick": values("claim")},
        ),
    ),
    "console_claim": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
                lambda values, decision=decision: {"decision": decision, "reason": "No"},
            )
            for decision in ("approve", "reject")
        ),
        path={"claim_id": "claim"},
    ),
    "console_credits": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *TREASURERS, but={"manager": 403, "analyst": 403}),
            lambda values: {"pick": values("payment")},
        ),
    ),
    "console_credit_note": route(get(let_in(200, *READERS)), path={"credit_id": "credit"}),
    "console_payments": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *TREASURERS, but={"manager": 403, "analyst": 403}),
            lambda values: {"pick": values("payment"), "execute_on": "2099-12-31"},
        ),
    ),
    "console_payment_run": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(302, *TREASURERS, but={"manager": 403, "analyst": 403}),
                lambda values, action=action: {"action": action},
            )
            for action in ("approve", "cancel", "executed")
        ),
        path={"run_id": "payment run"},
    ),
    "console_payment_file": route(post(let_in(302, *TREASURERS)), path={"run_id": "payment run"}),
    "console_payment_return": route(
        post(let_in(302, *TREASURERS), lambda values: {"reason": "No"}),
        path={"payment_id": "payment"},
    ),
    "console_bank": route(get(let_in(200, *TREASURERS)), post(let_in(302, *TREASURERS), bank)),
    "console_bank_cooling": route(post(let_in(302, *TREASURERS), lambda values: {"days": "3"})),
    "console_account_bank": route(
        get(let_in(200, *TREASURERS)),
        post(let_in(302, *TREASURERS), bank),
        path={"account_id": "account"},
    ),
    "console_journal": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *TREASURERS, but={"manager": 403, "analyst": 403}),
            lambda values: {"through": "2099-12-31"},
        ),
    ),
    "console_journal_accounts": route(
        get(let_in(200, *TREASURERS)),
        post(let_in(302, *TREASURERS), lambda values: {"paid_debit": "1", "paid_credit": "2"}),
    ),
    "console_journal_batch": route(get(let_in(200, *READERS)), path={"batch_id": "journal batch"}),
    "console_journal_file": route(get(let_in(200, *READERS)), path={"batch_id": "journal batch"}),
    "console_sales": route(
        get(let_in(200, *READERS)), get(let_in(200, *READERS), lambda values: {"state": "decided"})
    ),
    "console_sales_report": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"show": "flagged"}),
        *(
            post(
                let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
                lambda values, action=action: {
                    "action": action,
                    "reason": "No",
                    "pick": values("reported sale"),
                },
            )
            for action in ("approve", "reject")
        ),
        path={"report_id": "sales report"},
    ),
    "console_file": route(get(let_in(200, *READERS)), path={"file_id": "file"}),
    "console_redemptions": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"state": "all"}),
        post(
            let_in(302, *READERS, but={"finance": 404, "analyst": 404}),
            lambda values: {"action": "approve", "pick": values("redemption")},
        ),
    ),
    "console_redemption": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *READERS, but={"finance": 404, "analyst": 404}),
            lambda values: {"action": "approve"},
        ),
        path={"redemption_id": "redemption"},
    ),
    "console_imports": route(*asking(let_in(200, *READERS), q="name of a file")),
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
    "console_exports": route(get(let_in(200, *READERS))),
    "console_export": route(
        post(let_in(200, *READERS), query=lambda values: {"q": values("number")}),
        path={"list_code": "list"},
    ),
    "console_export_again": route(
        post(let_in(200, "owner", but=dict.fromkeys(("manager", "finance", "analyst"), 404))),
        path={"export_id": "export"},
    ),
    "console_export_file": route(
        get(let_in(200, "owner", but=dict.fromkeys(("manager", "finance", "analyst"), 404))),
        path={"export_id": "export"},
    ),
    "console_views": route(get(let_in(200, *READERS))),
    "console_view_save": route(
        post(let_in(302, *READERS), lambda values: {"name": "New", "is_shared": "on"}),
        path={"list_code": "list"},
    ),
    **{
        f"console_view_{action}": route(
            post(let_in(302, "owner", but=dict.fromkeys(("manager", "finance", "analyst"), 404))),
            path={"view_id": "view"},
        )
        for action in ("change", "remove")
    },
    "console_guide": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE)),
    ),
    "console_history": route(
        *asking(let_in(200, *READERS), q="number"),
        get(let_in(200, *READERS), lambda values: {"account": values("account")}),
        get(let_in(200, *READERS), lambda values: {"subject": f"claim:{values('claim')}"}),
    ),
    "console_products": route(*asking(let_in(200, *READERS), q="sku")),
    "console_product_new": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"sku": "NEW-1", "name": "New"}),
    ),
    "console_product": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "New"}),
        path={"product_id": "product"},
    ),
    "console_view_as": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"reason": "R", "member": values("person")}),
        path={"account_id": "account"},
    ),
    "console_view_end": route(post(let_in(302, *PEOPLE))),
    "console_jobs": route(get(let_in(200, *READERS))),
    "console_job": route(get(let_in(200, *READERS)), path={"code": "job"}),
    "console_job_run": route(
        post(let_in(302, *PEOPLE), lambda values: {"identity": str(uuid7())}),
        path={"code": "job"},
    ),
    "console_payouts": route(
        get(let_in(200, *READERS)),
        post(let_in(409, "owner"), lambda values: {"reason": "R"}),  # they are not stopped
    ),
    "console_webhooks": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *PEOPLE, but={"finance": 403, "analyst": 403}),
            lambda values: {"action": "pause", "pick": values("endpoint")},
        ),
    ),
    "console_webhook_new": route(
        get(let_in(200, *PEOPLE)),
        post(
            let_in(200, *PEOPLE),
            lambda values: {"url": "https://new.example.com/", "kinds": "*"},
        ),
    ),
    "console_webhook": route(
        get(let_in(200, *READERS)),
        get(let_in(200, *READERS), lambda values: {"state": "waiting", "kind": "webhook.tested"}),
        path={"endpoint_id": "endpoint"},
    ),
    "console_webhook_change": route(
        get(let_in(200, *PEOPLE)),
        post(
            let_in(302, *PEOPLE),
            lambda values: {"url": "https://new.example.com/", "kinds": "*"},
        ),
        path={"endpoint_id": "endpoint"},
    ),
    "console_webhook_rotate": route(
        post(let_in(200, *PEOPLE), lambda values: {"overlap": "24"}),
        path={"endpoint_id": "endpoint"},
    ),
    **{
        f"console_webhook_{action}": route(
            post(let_in(302, *PEOPLE)), path={"endpoint_id": "endpoint"}
        )
        for action in ("pause", "resume", "test")
    },
    "console_webhook_replay": route(
        post(let_in(302, *PEOPLE), lambda values: {"hours": "720"}),
        path={"endpoint_id": "endpoint"},
    ),
    "console_webhook_delivery": route(get(let_in(200, *READERS)), path={"delivery_id": "delivery"}),
    "console_webhook_delivery_replay": route(
        post(let_in(302, *PEOPLE)), path={"delivery_id": "delivery"}
    ),
    "people": route(*asking(let_in(200, *PEOPLE), q="colleague mailbox")),
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
    "console_notices": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *PEOPLE, but=dict.fromkeys(("finance", "analyst"), 200)),
            lambda values: {"language": "de", "warn_days": "14"},
        ),
    ),
    "console_notice_text": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"subject": "S", "body": "{{ account }}"}),
        path={"kind": "kind of notice", "language": "language"},
    ),
    "console_letters": route(*asking(let_in(200, *PEOPLE), state="words")),
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
    "api_standings": route(
        *reading(program="program", ladder="ladder code"), path={"number": "number"}
    ),
    "api_entries": route(*reading(program="program"), path={"number": "number"}),
    "api_entry": route(*reading(), path={"entry_id": "entry"}),
    "api_why": route(*reading(), path={"entry_id": "entry"}),
    "api_lots": route(*reading(account="number", program="program")),
    "api_expiring": route(*reading(account="number")),
    "api_benefits": route(
        *reading(program="program", ladder="ladder code"), path={"number": "number"}
    ),
    "api_ladders": route(*reading(program="program", code="ladder code")),
    "api_ladder_versions": route(*reading(), path={"ladder_id": "ladder"}),
    "api_measures": route(*reading()),
    "api_rewards": route(
        get(
            with_key(200, "key_read"),
            lambda values: {"account": values("number"), "program": values("program")},
        )
    ),
    "api_redemptions": route(
        *reading(account="number", program="program"),
        post(with_key(201, "key_write"), wish, as_json=True, headers=idempotent),
    ),
    "api_redemption": route(*reading(), path={"redemption_id": "redemption"}),
    **{
        f"api_{action}": route(
            post(with_key(status, "key_write"), nothing, as_json=True, headers=idempotent),
            path={"redemption_id": "redemption"},
        )
        for action, status in (
            ("cancel", 200),
            ("approve", 200),
            ("reject", 200),
            ("fulfill", 409),
            ("refund", 409),
        )
    },
    "api_transfers": route(
        *reading(account="number", program="program"),
        post(with_key(201, "key_write"), transfer, as_json=True, headers=idempotent),
    ),
    "api_transfer": route(*reading(), path={"transfer_id": "transfer"}),
    "api_adjustments": route(
        *reading(account="number", program="program"),
        post(with_key(201, "key_write"), adjustment, as_json=True, headers=idempotent),
    ),
    "api_adjustment": route(*reading(), path={"adjustment_id": "adjustment"}),
    "api_sales_reports": route(
        *reading(account="number"),
        post(with_key(201, "key_write"), sales_rows, as_json=True, headers=idempotent),
    ),
    "api_sales_report": route(*reading(), path={"report_id": "sales report"}),
    "api_reported_sales": route(*reading(), path={"report_id": "sales report"}),
    "api_sales_decide": route(
        post(with_key(200, "key_write"), sale_ruling, as_json=True, headers=idempotent),
        path={"report_id": "sales report"},
    ),
    "api_agreements": route(*reading(account="number", program="program")),
    "api_agreement": route(*reading(), path={"agreement_id": "agreement"}),
    "api_agreement_accept": route(
        post(
            with_key(409, "key_write"),  # the digest is of other terms
            lambda values: {"account": values("number"), "version": 1, "digest": "0"},
            as_json=True,
            headers=idempotent,
        ),
        path={"agreement_id": "agreement"},
    ),
    "api_agreement_next": route(
        post(with_key(201, "key_write"), nothing, as_json=True, headers=idempotent),
        path={"agreement_id": "agreement"},
    ),
    "api_agreement_end": route(
        post(
            with_key(409, "key_write"),  # no period begins on that day
            lambda values: {"on": "2026-01-02"},
            as_json=True,
            headers=idempotent,
        ),
        path={"agreement_id": "agreement"},
    ),
    # Whoever reads what is promised does not read what is only being written.
    "api_agreement_drafts": route(
        *asking(with_key(200, "key_write"), account="number"),
        post(with_key(201, "key_write"), agreement_draft, as_json=True, headers=idempotent),
    ),
    "api_agreement_draft": route(
        get(with_key(200, "key_write")), path={"draft_id": "agreement draft"}
    ),
    **{
        f"api_agreement_draft_{step}": route(
            post(
                with_key(status, "key_write"),
                lambda values, body=body: body,
                as_json=True,
                headers=idempotent,
            ),
            path={"draft_id": "agreement draft"},
        )
        for step, status, body in (
            ("change", 200, {"grace_days": 6}),
            ("offer", 409, {"digest": "0"}),  # it reads otherwise
            ("discard", 200, {}),
        )
    },
    "api_accruals": route(*reading(account="number")),
    "api_rebate_statements": route(*reading(account="number")),
    "api_rebate_statement": route(*reading(), path={"statement_id": "rebate statement"}),
    "api_journal_batches": route(*reading()),
    "api_journal_lines": route(*reading(), path={"batch_id": "journal batch"}),
    "api_settlements": route(*reading(account="number")),
    **{
        f"api_statement_{action}": route(
            post(
                with_key(status, "key_write"),
                lambda values, body=body: body,
                as_json=True,
                headers=idempotent,
            ),
            path={"statement_id": "rebate statement"},
        )
        for action, status, body in (
            ("accept", 200, {}),
            ("dispute", 200, {"line": 1, "reason": "R"}),
            ("approve", 409, {}),  # nobody has accepted it
            ("withdraw_dispute", 200, {"line": 1}),
            ("resolve_dispute", 200, {"line": 1, "answer": "A"}),
        )
    },
    "api_events": route(*reading(after="event", account="number")),
    "api_webhook_endpoints": route(
        *reading(),
        post(with_key(201, "key_write"), endpoint, as_json=True, headers=idempotent),
    ),
    "api_webhook_endpoint": route(*reading(), path={"endpoint_id": "endpoint"}),
    "api_webhook_test": route(
        post(with_key(201, "key_write"), nothing, as_json=True, headers=idempotent),
        path={"endpoint_id": "endpoint"},
    ),
    "api_webhook_deliveries": route(*reading(), path={"endpoint_id": "endpoint"}),
    **{
        f"api_webhook_{action}": route(
            post(with_key(200, "key_write"), body, as_json=True, headers=idempotent),
            path={"endpoint_id": "endpoint"},
        )
        for action, body in (
            ("pause", nothing),
            ("resume", nothing),
            ("change", lambda values: {"url": "https://new.example.com/", "kinds": ["*"]}),
            ("rotate", lambda values: {"secret": NEW_SECRET}),
            ("replay", lambda values: {"since": "2026-01-01T00:00:00Z"}),
        )
    },
    "api_schema": route(get(everybody(200))),
    "api_docs": route(get(everybody(200))),
    **SIGN_IN_ROUTES,
    # ── The plain host ───────────────────────────────────────────────────────────────────────────
    "front home": route(get(everybody(200))),
    "front healthz": route(get(everybody(200))),
    "front api_needs_a_key": route(
        # With a key, the key's tenant answers: it has nothing at this address.
        get(lambda role: 404 if role in ("key_write", "key_read", "key_other") else 401)
    ),
    "front sign_up": route(get(everybody(200)), post(everybody(422), sign_up)),
    "front choose_workspace": route(post(everybody(302), lambda values: {"slug": values("slug")})),
    "front forgotten_workspace": route(
        get(everybody(200)), post(everybody(302), lambda values: {"email": values("mailbox")})
    ),
}
for _room in ROOMS:
    ROUTES |= _room.ROUTES

CONFS = {"": "loyalty.urls", "front ": "loyalty.front.urls"}


def enumerated() -> dict[str, str]:
    """Every route of both URL confs, by name: its pattern."""
    return {name: pattern for name, (pattern, _) in _found().items()}


def views() -> dict[str, Callable[..., Any]]:
    """What answers at each route, by its name."""
    return {name: view for name, (_, view) in _found().items()}


def _found() -> dict[str, tuple[str, Callable[..., Any]]]:
    found = {}
    for prefix, conf in CONFS.items():
        for name, pattern, view in _walk(get_resolver(conf), ""):
            assert prefix + name not in found, f"two routes are called {name}"
            found[prefix + name] = pattern, view
    return found


def _walk(resolver: URLResolver, before: str):
    for one in resolver.url_patterns:
        pattern = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield one.name or pattern, pattern, one.callback
        else:
            yield from _walk(one, pattern)
