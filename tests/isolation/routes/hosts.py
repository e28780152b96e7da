"""A tenant's host and the plain one: looks, doors, sign-up, settings."""

from tests.isolation.calls import Route, Values, at_home, everybody, get, let_in, post, route
from tests.isolation.groups import PEOPLE
from tests.isolation.side import ANONYMOUS

LOOKS = {"part": "looks", "name": "N", "brand_color": "#101010", "accent_color": "#101010"}
BASIS = {
    "part": "basis",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "fiscal_year_starts": "3",
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
    "settings": route(
        get(let_in(200, *PEOPLE)),
        post(let_in(302, *PEOPLE), lambda values: LOOKS),
        post(let_in(422, *PEOPLE), lambda values: BASIS),
    ),
    "settings_preview": route(
        get(let_in(200, *PEOPLE), lambda values: {"brand": "#101010", "accent": "#101010"})
    ),
    "api_schema": route(get(everybody(200))),
    "api_docs": route(get(everybody(200))),
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
