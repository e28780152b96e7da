"""Ladders of tiers, tiers set by hand, invitations, replays."""

from datetime import timedelta

from django.utils import timezone

from tests.isolation.calls import Route, Values, asking, get, let_in, post, reading, route
from tests.isolation.groups import PARTNERS, PEOPLE, READERS

POLICIES = {
    "evaluated": "quarter",
    "rises": "at_once",
    "kept_unit": "quarter",
    "kept_periods": "1",
    "falls": "to_what_is_met",
    "grace_days": "0",
    "near_percent": "85",
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


ROUTES: dict[str, Route] = {
    "portal_tiers": route(
        get(let_in(200, *PARTNERS)), path={"enrollment_id": "enrollment"}, second_wall=True
    ),
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
    "api_standings": route(
        *reading(program="program", ladder="ladder code"), path={"number": "number"}
    ),
    "api_benefits": route(
        *reading(program="program", ladder="ladder code"), path={"number": "number"}
    ),
    "api_ladders": route(*reading(program="program", code="ladder code")),
    "api_ladder_versions": route(*reading(), path={"ladder_id": "ladder"}),
}
