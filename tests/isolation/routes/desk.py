"""What the console has around its lists: inbox, exports, views, history, jobs."""

from accounts.ids import uuid7
from tests.isolation.calls import Route, asking, get, let_in, post, route
from tests.isolation.groups import PEOPLE, READERS

ROUTES: dict[str, Route] = {
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
    "console_file": route(get(let_in(200, *READERS)), path={"file_id": "file"}),
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
    "console_jobs": route(get(let_in(200, *READERS))),
    "console_job": route(get(let_in(200, *READERS)), path={"code": "job"}),
    "console_job_run": route(
        post(let_in(302, *PEOPLE), lambda values: {"identity": str(uuid7())}),
        path={"code": "job"},
    ),
}
