"""How the pages say things: tables that become cards, figures, dates, headings, tabs."""

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.template import Context, Template
from django.test import Client

from rewards.promises import promises
from rewards.voice import Voice
from tests.factories import (
    MemberFactory,
    ProgramFactory,
    StaffFactory,
    enrolled_account,
    publish_rule,
)
from tests.loyalty.faces import NOW, client_of, text_of
from tests.rewards.stories import NEW_YORK, accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")

USD = Voice(currency="USD", zone=NEW_YORK)
SAFETY = {"field": "line", "op": "eq", "value": "Safety"}
# Tables with a look of their own on a phone, or so narrow that they fit one.
OTHER_TABLES = ("ledger", "table-tight")


def template_tables() -> list[tuple[str, str]]:
    """(template, table) of each table that turns into cards where it does not fit."""
    found = []
    for path in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        for table in re.findall(r"<table class=.*?</table>", path.read_text(), re.DOTALL):
            if not any(look in table.partition(">")[0] for look in OTHER_TABLES):
                found.append((path.name, table))  # noqa: PERF401 a loop in a loop reads better
    return found


def test_a_table_that_names_cells_for_its_cards_names_them_all():
    """Those that name none are named by app.js; half of one would be a card with riddles."""
    tables = [(name, table) for name, table in template_tables() if "data-label=" in table]
    nameless = [
        (name, cell)
        for name, table in tables
        for cell in re.findall(r"<td\b[^>]*>", table)
        if "data-label=" not in cell and "colspan=" not in cell
    ]

    assert len(tables) >= 7
    assert nameless == []


@pytest.mark.parametrize(
    ("currency", "minor", "column", "sentence"),
    [
        ("USD", 2_500_000, "$25,000.00", "$25,000"),
        ("USD", 2_500_050, "$25,000.50", "$25,000.50"),
        ("USD", 43_800, "$438.00", "$438.00"),
        ("JPY", 25_000, "¥25,000", "¥25,000"),
        ("KWD", 25_000_000, "KWD25,000.000", "KWD25,000"),
    ],
)
def test_money_has_all_its_decimals_in_a_column(currency, minor, column, sentence):
    voice = Voice(currency=currency, zone=NEW_YORK)

    assert voice.exact_money(minor) == column
    assert voice.money(minor) == sentence


@pytest.mark.parametrize(
    ("at_new_york", "said"),
    [
        ("2026-05-15T23:59:59.999999-04:00", "May 15, 2026"),  # a day's end
        ("2026-05-15T00:00:00-04:00", "May 15, 2026"),  # a date without a time
        ("2026-05-15T23:59:58-04:00", "May 15, 2026, 11:59 PM"),
        ("2026-05-15T23:59:59.999999+00:00", "May 15, 2026, 7:59 PM"),
    ],
)
def test_what_has_no_time_of_its_own_is_told_as_a_day(at_new_york, said):
    assert USD.minute(datetime.fromisoformat(at_new_york)) == said


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Two-Factor Authentication", "Two-factor authentication"),
        ("\n  Sign In\n", "\n  Sign in\n"),
        ("<svg></svg> Change Password", "<svg></svg> Change password"),
        ("Deactivate TOTP", "Deactivate TOTP"),
        ("New Password (again)", "New password (again)"),
    ],
)
def test_titles_of_the_sign_in_pages_have_one_capital(title, said):
    assert (
        Template("{% load wording %}{{ title|sentence_case }}").render(
            Context({"title": title, "autoescape": False}, autoescape=False)
        )
        == said
    )
    assert (
        Template("{% load wording %}{{ title|sentence_case }}").render(
            Context({"title": "<b>Me & You"})
        )
        == "&lt;b&gt;Me &amp; you"
    )


def test_labels_of_the_sign_in_pages_keep_the_capitals_of_their_language(client, tenant):
    host = f"{tenant.slug}.localhost:8000"
    page = client.get("/sign-in/login/", headers={"host": host, "accept-language": "de"})
    assert '<label for="id_login">E-Mail-Adresse</label>' in page.content.decode()


def test_sign_in_pages_read_like_the_rest(in_tenant, program):
    page = client_of(in_tenant, StaffFactory().user).get("/sign-in/password/change/")
    sign_in = Client(headers={"host": f"{in_tenant.slug}.localhost"}).get("/sign-in/login/")

    assert "Change password Current password" in text_of(page)
    assert "placeholder" not in page.content.decode()
    assert "placeholder" not in sign_in.content.decode()


def test_one_email_address_is_nothing_to_choose_among(in_tenant, program):
    user = StaffFactory().user
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    client = client_of(in_tenant, user)

    one = client.get("/sign-in/email/").content.decode()
    EmailAddress.objects.create(user=user, email="second@example.com", verified=True)
    two = client.get("/sign-in/email/").content.decode()
    answer = client.post("/sign-in/email/", {"email": "second@example.com", "action_remove": ""})

    assert 'name="action_remove"' not in one
    assert 'name="action_remove"' in two
    assert 'value="second@example.com"' in two
    assert answer.status_code == 302
    assert list(user.emailaddress_set.values_list("email", flat=True)) == [user.email]


def test_what_a_focus_line_adds_is_called_extra(program):
    publish_rule(program, code="safety", condition=SAFETY, tier_multiplies=False, hold_days=30)
    publish_rule(program, code="course", kind="training", basis="fixed", rate=Decimal(750))

    told = promises(program_id=program.id, as_of=NOW, voice=USD)

    assert [(one.code, one.gives, one.small_print[:1]) for one in told] == [
        (
            f"{program.slug}-purchases",
            "1 point for every $1.00 of each purchase",
            ("Multiplied by your tier.",),
        ),
        ("course", "750 points for each training", ("Multiplied by your tier.",)),
        (
            "safety",
            "1 extra point for every $1.00 of each purchase",
            ("When the product line is Safety.",),
        ),
    ]


def test_of_an_exclusive_group_the_best_rule_counts_alone_so_nothing_is_extra(in_tenant):
    program = ProgramFactory()
    for code, condition in (("base", {}), ("safety", SAFETY)):
        publish_rule(program, code=code, condition=condition, exclusive_group="best")

    told = promises(program_id=program.id, as_of=NOW, voice=USD)

    assert [one.gives for one in told] == ["1 point for every $1.00 of each purchase"] * 2


def test_a_cap_that_left_nothing_is_no_gain(in_tenant, program):
    dealer = enrolled_account(program, on=at("2026-01-01 00:00"))
    publish_rule(program, code="capped", cap=100, cap_window="month", tier_multiplies=False)
    for day in ("2026-05-10", "2026-05-11"):
        accepted(purchase(dealer, "500.00", at(day)), as_of=at(f"{day} 20:00"))
    client = client_of(in_tenant, MemberFactory(account=dealer).user)

    page = client.get(client.get("/portal/").url)

    assert "Capped · May 11, 2026 0 0 of 500 points: the monthly cap of 100 is reached" in (
        text_of(page)
    )
    neutral, gains = '<span class="line-icon ">', '<span class="line-icon good">'
    body = page.content.decode()
    assert (body.count(neutral), body.count(gains)) == (1, 3)


def test_colleagues_lead_back_to_points(in_tenant, program):
    dealer = enrolled_account(program, on=at("2026-01-01 00:00"))
    client = client_of(in_tenant, MemberFactory(account=dealer).user)
    overview = client.get("/portal/").url

    for path in ("/portal/colleagues/", "/portal/colleagues/invite/", overview):
        body = client.get(path).content.decode()
        assert f'href="{overview}entries/"' in body
        assert f'href="{overview}"' in body


def test_settings_show_the_whole_address(in_tenant, program):
    page = client_of(in_tenant, StaffFactory(role="owner").user).get("/console/settings/")

    assert f"Workspace address http://{in_tenant.slug}.localhost:8000/" in text_of(page)


def test_a_mapping_is_needed_and_does_not_say_optional(in_tenant, program):
    page = text_of(client_of(in_tenant, StaffFactory().user).get("/console/imports/new/"))

    assert "Mapping (optional)" not in page
    assert "Mapping file (optional)" in page


def test_pages_that_only_read_answer_no_writes(in_tenant, program):
    dealer = enrolled_account(program)
    client = client_of(in_tenant, MemberFactory(account=dealer).user)
    overview = client.get("/portal/").url

    for path in ("/portal/", overview, f"{overview}entries/", "/portal/colleagues/"):
        assert client.post(path).status_code == 405
