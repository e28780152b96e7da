"""Support and joint plans."""

from datetime import datetime

from accounts.ids import uuid7
from partners.models import PlanDone
from partners.plans.agreeing import Goal, draw_up
from partners.plans.keeping import add_note
from partners.support.asking import Wish, ask_support
from partners.support.types import Terms, add_type
from tests.isolation.calls import Route, asking, get, let_in, post, reading, route, with_key
from tests.isolation.groups import (
    CALLERS,
    LATER,
    NOT_THEIRS,
    PARTNERS,
    PEOPLE,
    READERS,
    idempotent,
)
from tests.isolation.side import Side

KEPT = {
    "partners_supporttype": {"code"},
    "partners_supportrequest": {"request_key"},
    "partners_plangoal": {"measure"},
}
OF_ACCOUNTS = ("support request", "plan", "plan version")
OF_TENANT = ("support type",)
MAY_READ = {"finance": 403, "analyst": 403}
AS_VIEWER = {"viewer": 403}
ADMINS_ONLY = {"viewer": 403, "member": 403}
GOALS = {
    "goal-0-title": "G",
    "goal-0-measure": "",
    "goal-0-side": "partner",
}

ROUTES: dict[str, Route] = {
    "portal_support_new": route(
        get(let_in(200, *PARTNERS, but=AS_VIEWER)),
        post(
            let_in(302, *PARTNERS, but=AS_VIEWER),
            lambda values: {
                "key": str(uuid7()),
                "type": values("support type"),
                "subject": "S",
            },
        ),
        path={"enrollment_id": "enrollment"},
        second_wall=True,
    ),
    "portal_support": route(
        get(let_in(200, *PARTNERS)),
        *(
            post(
                let_in(302, *PARTNERS, but=AS_VIEWER),
                lambda values, action=action: {"action": action, "note": "N"},
            )
            for action in ("add", "withdraw")
        ),
        path={"enrollment_id": "enrollment", "request_id": "support request"},
        second_wall=True,
    ),
    "field_support": route(
        get(let_in(200, *CALLERS, but=NOT_THEIRS)),
        *(
            post(
                let_in(status, *CALLERS, but=NOT_THEIRS),
                lambda values, action=action: {"action": action, "note": "N"},
            )
            for action, status in (("take", 302), ("answer", 422), ("close", 422))
        ),
        path={"request_id": "support request"},
        second_wall=True,
    ),
    "console_support": route(
        *asking(let_in(200, *READERS), q="words"),
        get(let_in(200, *READERS), lambda values: {"state": "asked"}),
    ),
    "console_support_request": route(
        get(let_in(200, *READERS)),
        post(
            let_in(302, *PEOPLE, but=MAY_READ),
            lambda values: {"action": "take", "staff": values("staff")},
        ),
        *(
            post(
                let_in(status, *PEOPLE, but=MAY_READ),
                lambda values, action=action: {"action": action, "note": "N"},
            )
            for action, status in (("answer", 422), ("close", 422), ("decline", 302))
        ),
        path={"request_id": "support request"},
    ),
    "console_support_types": route(get(let_in(200, *READERS))),
    "console_support_type_new": route(
        get(let_in(200, *PEOPLE)),
        post(
            let_in(302, *PEOPLE),
            lambda values: {"name": "N", "code": "new-type", "each_quarter": "1"},
        ),
    ),
    "console_support_type": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"name": "N", "each_quarter": "1"}),
        path={"type_id": "support type"},
    ),
    "api_support_requests": route(
        *reading(account="number"),
        post(
            with_key(201, "key_write"),
            lambda values: {"account": values("number"), "type": "expert", "subject": "S"},
            as_json=True,
            headers=idempotent,
        ),
    ),
    "api_support_request": route(*reading(), path={"request_id": "support request"}),
    **{
        f"api_support_{step}": route(
            post(
                with_key(status, "key_write"),
                lambda values: {"note": "N"},
                as_json=True,
                headers=idempotent,
            ),
            path={"request_id": "support request"},
        )
        for step, status in (("answer", 409), ("close", 409), ("decline", 200))
    },
    "portal_plan": route(
        get(let_in(200, *PARTNERS)),
        post(
            let_in(302, *PARTNERS, but=ADMINS_ONLY),
            lambda values: {"action": "agree", "version": values("plan version")},
        ),
        post(
            let_in(302, *PARTNERS, but=ADMINS_ONLY),
            lambda values: {"action": "note", "note": "N"},
        ),
        path={"enrollment_id": "enrollment", "plan_id": "plan"},
        second_wall=True,
    ),
    "portal_plan_next": route(
        get(let_in(200, *PARTNERS, but=ADMINS_ONLY)),
        post(
            let_in(422, *PARTNERS, but=ADMINS_ONLY),
            lambda values: GOALS | {"goal-0-due_on": LATER},
        ),
        path={"enrollment_id": "enrollment", "plan_id": "plan"},
        second_wall=True,
    ),
    "console_plans": route(get(let_in(200, *READERS))),
    "console_plan_file": route(get(let_in(200, *READERS))),
    "console_plan_new": route(
        *asking(let_in(200, *PEOPLE), account="number"),
        post(
            let_in(302, *PEOPLE),
            lambda values: (
                GOALS
                | {
                    "account": values("number"),
                    "name": "New",
                    "starts_on": f"{LATER[:8]}01",
                    "months": "12",
                    "goal-0-due_on": LATER,
                }
            ),
        ),
    ),
    "console_plan": route(
        get(let_in(200, *READERS)),
        *(
            post(
                let_in(302, *PEOPLE, but=MAY_READ),
                lambda values, action=action: {"action": action, "note": "N"},
            )
            for action in ("note", "end")
        ),
        post(
            let_in(302, *PEOPLE, but=MAY_READ),
            lambda values: {"action": "withdraw", "version": values("plan version")},
        ),
        path={"plan_id": "plan"},
    ),
    "console_plan_next": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(422, *PEOPLE), lambda values: GOALS | {"goal-0-due_on": LATER}),
        path={"plan_id": "plan"},
    ),
    "api_plans": route(*reading(account="number")),
    "api_deal_documents": route(
        *reading(),
        post(
            with_key(201, "key_write"),
            lambda values: {
                "name": "d.pdf",
                "content": "JVBERi0xLjcgb2ZmZXIKJSVFT0Y=",
                "account": values("number"),
            },
            as_json=True,
            headers=idempotent,
        ),
        path={"deal_id": "deal"},
    ),
    "api_deal_document": route(*reading(), path={"deal_id": "deal", "file_id": "file"}),
}


def furnish(side: Side, now: datetime) -> None:
    """Of each account a request for support, and a plan that waits for it."""
    actor = side.staff["owner"].actor
    terms = Terms(name="Expert", says="An hour", each_quarter=1000)
    kind = add_type(code="expert", terms=terms, actor=actor, now=now)
    side.things["support type"] = kind.id
    zone = side.tenant.zone
    for number, who in (("1001", "member"), ("1002", "neighbor")):
        account, member = side.accounts[number], side.members[who]
        wish = Wish(
            type=kind,
            account=account,
            member=member,
            subject=f"Subject {number}",
            text="Text",
            key=f"form {number}",
            actor=member.actor,
        )
        side.things[f"support request {number}"] = ask_support(wish, zone=zone, now=now).id
        plan = draw_up(
            account,
            name="Plan",
            starts_on=now.date().replace(day=1),
            months=12,
            goals=[
                Goal(title="Goal", measure="revenue", target=10_000),
                Goal(title="Task", due_on=now.date()),
            ],
            note="Note",
            by=actor,
            now=now,
        )
        side.things[f"plan {number}"] = plan.id
        side.things[f"plan version {number}"] = plan.versions.get().id
        [task] = plan.versions.get().goals.filter(measure="")
        PlanDone.objects.create(plan=plan, key=task.key, done_at=now, done_by=actor)
        add_note(plan.pk, text="Text", side="company", by=actor, now=now)
