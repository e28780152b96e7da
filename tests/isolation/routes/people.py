"""Staff, members, colleagues, keys."""

from tests.isolation.calls import Route, asking, get, let_in, post, route
from tests.isolation.groups import PARTNERS, PEOPLE

ROUTES: dict[str, Route] = {
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
    "console_view_as": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: {"reason": "R", "member": values("person")}),
        path={"account_id": "account"},
    ),
    "console_view_end": route(post(let_in(302, *PEOPLE))),
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
    "keys": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(200, *PEOPLE), lambda values: {"name": "N", "scopes": ["accounts:read"]}),
    ),
    "key_revoke": route(post(let_in(302, *PEOPLE)), path={"key_id": "key"}),
}
