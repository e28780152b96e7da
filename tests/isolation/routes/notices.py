"""What people are told: inboxes, choices, the tenant's own words, letters."""

from accounts.notices.kinds import KINDS
from tests.isolation.calls import Route, Values, asking, everybody, get, let_in, post, route
from tests.isolation.groups import PEOPLE, PLACED, READERS


def notice_choices(values: Values) -> dict[str, str]:
    """As each kind has it by itself, in German."""
    often = {f"letter_{kind.code}": kind.often.value for kind in KINDS.values()}
    return often | {"language": "de"}


ROUTES: dict[str, Route] = {
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
}
