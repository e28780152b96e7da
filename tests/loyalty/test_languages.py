"""Pages in the reader's language: every text of theirs is translated, and they come out in it."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.conf import settings
from django.test import Client

from accounts.kinds import add_starting_kinds
from accounts.models import ActivityKind, NoticeManners
from tests.catalogs import (
    APPS,
    LANGUAGES,
    catalog_of,
    compiled,
    messages_in,
    path_of,
    texts_of,
)
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.loyalty.test_api import Api, _secret
from tests.rewards.stories import accepted, at, purchase

# What is said alike in all languages.
NAMES = {"CSV", "SHA-256 … :", "points.earned", "sidebar", "sign-in/password/reset/"}
SAID_IN_ATTRIBUTES = "aria-label|label|placeholder|title|alt|data-confirm"
SAID_IN_INCLUDES = "title|text|label|note|noun|heading|action_label"
# A text handed to a tag or a filter that shows it: sort_head "name" "Name", x|default:"Nobody".
SAID_IN_TAGS = re.compile(r'(?<!_\()"([A-Z][^"]*[a-z][^"]*)"')
SAID_BY_FILTERS = re.compile(r'\b(?:default|default_if_none|yesno):"([^"]*[A-Z ][^"]*)"')
PLACEHOLDER = re.compile(r"{{ \w+ }}|{\w*}|%\(\w+\)s")


def spoken_templates() -> list[Path]:
    folder = Path(settings.BASE_DIR, "templates")
    return sorted([*folder.rglob("*.html"), *folder.rglob("*.txt")])


def unmarked(source: str) -> list[str]:
    """Words of a template that stand outside of every translation."""
    source = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", source, flags=re.DOTALL)
    source = re.sub(r"{#.*?#}", "", source, flags=re.DOTALL)
    tags = re.findall(r"{%(?! (?:translate|load|extends|url|static)).*?%}", source, re.DOTALL)
    bare = [one for tag in tags for one in SAID_IN_TAGS.findall(tag)]
    bare += SAID_BY_FILTERS.findall(source)
    included = " ".join(tag for tag in tags if tag.startswith("{% include"))
    bare += re.findall(rf'\b(?:{SAID_IN_INCLUDES})="([^"]*[a-z]{{2}}[^"]*)"', included)
    source = re.sub(r"{%.*?%}|{{.*?}}", "", source, flags=re.DOTALL)
    attributes = re.findall(rf'\b(?:{SAID_IN_ATTRIBUTES})="([^"]*)"', source)
    text = re.sub(r"<(script|kbd).*?</\1>|<[^>]*>|&\w+;", " ", source, flags=re.DOTALL)
    said = [" ".join(one.split()) for one in (*bare, *attributes, text)]
    return [one for one in said if re.search(r"[A-Za-z]{2}", one) and one not in NAMES]


def test_templates_have_no_bare_words():
    folder = Path(settings.BASE_DIR, "templates")
    told = {
        str(path.relative_to(folder)): unmarked(path.read_text()) for path in spoken_templates()
    }

    assert len(told) > 260
    assert {name: words for name, words in told.items() if words} == {}


@pytest.mark.parametrize(
    "source",
    [
        '<p title="{{ x }}">Nobody {% translate "said" %}</p>',
        '<input placeholder="Which one?">',
        '{% include "components/empty.html" with icon="key" title="No key yet" %}',
        '{% sort_head "name" "Name" %}',
        '{{ account.rep.name|default:"Nobody" }}',
        "{% blocktranslate %}So{% endblocktranslate %} and not so",
    ],
)
def test_bare_words_are_found_wherever_they_stand(source):
    assert unmarked(source) != []


def strings_of(message: Message) -> list[tuple[str, str]]:
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    # One of them may leave its number out: “this month” of “the last 12 months”.
    return [(message.id[-1], message.string[-1]), (message.id[0], message.string[0])]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("app", APPS)
def test_every_text_is_translated_and_keeps_its_placeholders(app, language):
    catalog = catalog_of(app, language)
    messages = messages_in(catalog)

    assert set(messages) == set(texts_of(app))  # `make words` brings them together
    assert [
        m.id for m in messages.values() if m.fuzzy or not all(s for _, s in strings_of(m))
    ] == []
    for message in messages.values():
        for said, translated in strings_of(message):
            assert sorted(PLACEHOLDER.findall(said)) == sorted(PLACEHOLDER.findall(translated)), (
                said
            )
    assert path_of(app, language, "mo").read_bytes() == compiled(catalog)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_app_says_a_word_that_another_says_otherwise(language):
    """While the service runs the apps' catalogs are one, and the first that has a word wins."""
    said: dict[object, set[str]] = defaultdict(set)
    for app in APPS:
        for key, message in messages_in(catalog_of(app, language)).items():
            said[key].add(str(message.string))

    assert {key: words for key, words in said.items() if len(words) > 1} == {}


@pytest.fixture
def dealer(in_tenant, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    dealer = enrolled_account(running_program(), name="Nordwind", on=at("2026-01-01 00:00"))
    accepted(purchase(dealer, "1240.55", at("2026-05-15"), "SO3"), as_of=at("2026-05-15 20:00"))
    return dealer


def test_a_page_is_in_the_browsers_language_until_its_reader_chooses(in_tenant, dealer):
    member = MemberFactory(account=dealer)
    client = client_of(in_tenant, member.user)

    asked = client.get("/portal/", follow=True, headers={"accept-language": "de-AT,de;q=0.9"})
    home = asked.request["PATH_INFO"]
    text = text_of(asked)

    assert '<html lang="de">' in asked.content.decode()
    assert asked["Content-Language"] == "de"
    assert "Ihre Punkte 1.240 Punkte verfügbar" in text
    assert "1.240 Punkte: 1 Punkt je 1,00 $ von 1.240,55 $ (Bestellung SO3 Zeile 1)" in text
    assert "Datumsangaben in der Zeit von New York." in text
    assert "points to use" in text_of(client.get(home, headers={"accept-language": "fr"}))

    NoticeManners.objects.create(user=member.user, language="en")
    chosen = client.get(home, headers={"accept-language": "de"})
    assert '<html lang="en">' in chosen.content.decode()
    assert "Your points 1,240 points to use" in text_of(chosen)


def test_what_stands_beside_a_field_is_in_the_readers_language_too(in_tenant, dealer):
    member = MemberFactory(account=dealer)
    partner = client_of(in_tenant, member.user)
    german = {"accept-language": "de"}
    home = partner.get("/portal/", follow=True).request["PATH_INFO"]

    missing = text_of(partner.get(f"{home}entries/missing/", headers=german))
    assert "PDF, Bild, Excel, CSV oder Text, höchstens 10 MB." in missing

    manager = client_of(in_tenant, StaffFactory(role="manager").user)
    notices = text_of(manager.get("/console/notices/", headers=german))
    assert "Tage vor dem Verfall von Punkten, höchstens 5, zum Beispiel 30, 7, 1." in notices


def test_a_field_that_is_wrong_is_told_in_the_tone_of_the_house(in_tenant, dealer):
    client = client_of(in_tenant, MemberFactory(account=dealer, portal_role="admin").user)
    sent = {"email": "no address", "portal_role": "member"}
    wrong = client.post("/portal/colleagues/invite/", sent, headers={"accept-language": "de"})
    assert "Bitte gültige E-Mail-Adresse eingeben." in text_of(wrong)


def test_whoever_forgot_a_password_is_asked_in_the_tone_of_the_house(in_tenant, dealer):
    member = MemberFactory(account=dealer)
    stranger = Client(headers={"host": f"{in_tenant.slug}.localhost:8000", "accept-language": "de"})
    reset = "/sign-in/password/reset/"
    asked = text_of(stranger.get(reset))
    assert "Sie bekommen einen Link, mit dem Sie ein neues Passwort wählen." in asked

    sent = text_of(stranger.post(reset, {"email": member.user.email}, follow=True))
    assert "fragen Sie die Person, mit der Sie bei" in sent

    done = text_of(stranger.get(f"{reset}key/done/"))
    assert "Ihr Passwort ist geändert Anmelden" in done

    gone = text_of(stranger.get(f"{reset}key/1-set-password/"))
    assert "Dieser Link gilt nicht mehr Er wurde schon benutzt oder ist zu alt." in gone


def test_systems_are_answered_in_english_whatever_they_accept(in_tenant, dealer):
    hours = {"name": "hours", "type": "number"}
    ActivityKind.objects.create(code="webinar", name="Webinar", attributes=[hours])
    fact = {
        "account": dealer.number,
        "kind": "webinar",
        "external_id": "T1",
        "occurred_at": "2026-05-15",
        "attributes": {"hours": "viele"},
    }
    api = Api(in_tenant, _secret("activities:write"))
    answer = api.client.post(
        "/api/v1/activities", fact, "application/json", headers={"accept-language": "de"}
    )

    assert answer.json()["detail"] == (
        "attributes.hours “viele” must be a number such as 8.5; correct it where it comes from."
    )
    assert "Accept-Language" not in answer.headers.get("Vary", "")


def test_the_kinds_that_everybody_starts_with_are_named_in_the_readers_language(in_tenant, dealer):
    add_starting_kinds()
    ActivityKind.objects.create(code="visit", name="Store visit")
    manager = client_of(in_tenant, StaffFactory().user)

    def said(page: str) -> str:
        return manager.get(page, headers={"accept-language": "de"}).content.decode()

    for form in ("rules", "campaigns", "agreements"):
        page = said(f"/console/{form}/new/")
        kinds = ("Kauf", "Purchase", "Store visit")
        said_kinds = [one for one in kinds if re.search(rf">\s*{one}\s*<", page)]
        assert (form, said_kinds) == (form, ["Kauf", "Store visit"])  # its own words stay its own
    listed = said("/console/kinds/")
    assert '<th scope="row">Kauf</th>' in listed
    assert "yes_no" not in listed


# What nobody reads on a page: systems do, or whoever writes code, JSON or a command line.
UNREAD = {
    "AssertionError", "BadCriteria", "CallFailed", "CannotOpen", "ClockHeld", "DataError",
    "FileAltered", "InProgress", "NothingExpires", "NothingToReinstate", "OtherAccount",
    "OtherAmount", "OtherContent", "OtherTransfer", "OutOfOrder", "RunTaken", "TypeError",
    "UnknownPolicy", "ValueError", "WallMissing",
}  # fmt: skip


def bare_refusals(source: str) -> list[str]:
    """What is raised with words that stand outside of every translation."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args):
            continue
        text = node.exc.args[0]
        while isinstance(text, ast.BinOp):
            text = text.left
        if isinstance(text, ast.JoinedStr):
            bare = " ".join(str(one.value) for one in text.values if isinstance(one, ast.Constant))
        else:
            bare = str(text.value) if isinstance(text, ast.Constant) else ""
        if re.search(r"[A-Za-z]{2}", bare) and ast.unparse(node.exc.func) not in UNREAD:
            found.append(f"{ast.unparse(node.exc.func)}: {bare}")
    return found


def test_rules_refuse_in_the_readers_language():
    base = Path(settings.BASE_DIR)
    rules = [path for app in APPS if app != "loyalty" for path in base.joinpath(app).rglob("*.py")]
    told = {
        str(path.relative_to(base)): bare_refusals(path.read_text())
        for path in rules
        if not {"migrations", "management"} & set(path.parts)
    }

    assert len(told) > 300
    assert {name: words for name, words in told.items() if words} == {}
    assert bare_refusals('raise FactRefused(f"{name} is empty.")') == ["FactRefused:  is empty."]
    assert bare_refusals('raise FactRefused(_("%s is empty.") % name)') == []
