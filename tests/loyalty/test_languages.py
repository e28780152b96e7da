"""Pages in the reader's language: every text of theirs is translated, and they come out in it."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from django.conf import settings

from accounts.models import NoticeManners
from tests.catalogs import APPS, LANGUAGES, catalog_of, compiled, path_of, texts_of
from tests.factories import MemberFactory, enrolled_account
from tests.loyalty.faces import NOW, client_of, running_program, text_of
from tests.rewards.stories import accepted, at, purchase

# The console speaks English for now; everything that partners and reps read is translated.
SPOKEN = (
    *("portal", "components", "field", "front", "account", "emails", "badges"),
    "notices/choices.html",
    *("notices/inbox.html", "people/invitation", "people/colleague", "people/no_access.html"),
    *("people/role_needed.html", "people/waiting.html", "base.html", "4"),
)
SAID_IN_ATTRIBUTES = "aria-label|placeholder|title|alt|data-confirm"
SAID_IN_INCLUDES = "title|text|label|note|noun|heading|action_label"
PLACEHOLDER = re.compile(r"{{ \w+ }}|{\w*}|%\(\w+\)s")


def spoken_templates() -> list[Path]:
    folder = Path(settings.BASE_DIR, "templates")
    return [
        path
        for path in sorted(folder.rglob("*.html"))
        if str(path.relative_to(folder)).startswith(SPOKEN)
    ]


def unmarked(source: str) -> list[str]:
    """Words of a template that stand outside of every translation."""
    source = re.sub(r"{% blocktranslate.*?{% endblocktranslate %}", "", source, flags=re.DOTALL)
    source = re.sub(r"{#.*?#}", "", source, flags=re.DOTALL)
    included = " ".join(re.findall(r"{% include .*?%}", source))
    bare = re.findall(rf'\b(?:{SAID_IN_INCLUDES})="([^"]*[a-z]{{2}}[^"]*)"', included)
    source = re.sub(r"{%.*?%}|{{.*?}}", "", source, flags=re.DOTALL)
    attributes = re.findall(rf'\b(?:{SAID_IN_ATTRIBUTES})="([^"]*)"', source)
    text = re.sub(r"<(script|kbd).*?</\1>|<[^>]*>|&\w+;", " ", source, flags=re.DOTALL)
    return [one for one in (*bare, *attributes, text) if re.search(r"[A-Za-z]{2}", one)]


def test_templates_that_speak_other_languages_have_no_bare_words():
    told = {path.name: unmarked(path.read_text()) for path in spoken_templates()}

    assert len(told) > 60
    assert {name: words for name, words in told.items() if words} == {}
    assert unmarked('<p title="{{ x }}">Nobody {% translate "said" %}</p>') != []


def strings_of(message: Message) -> list[tuple[str, str]]:
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    # One of them may leave its number out: “this month” of “the last 12 months”.
    return [(message.id[-1], message.string[-1]), (message.id[0], message.string[0])]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("app", APPS)
def test_every_text_is_translated_and_keeps_its_placeholders(app, language):
    catalog = catalog_of(app, language)
    messages = {message.id: message for message in catalog if message.id}

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
