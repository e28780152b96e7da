"""Texts of notices: languages, the tenant's own words, and nothing but placeholders."""

import re

import pytest
from babel.messages.pofile import read_po

from accounts.models import Event, NoticeText
from accounts.notices.kinds import FUND_STEPS, KINDS, STATES, STEPS
from accounts.notices.texts import back_to_standard, change_text, preview
from accounts.notices.wording import (
    FOLDER,
    BadText,
    Words,
    check_text,
    languages,
    said,
    standard_words,
)
from tests.accounts.told import NOW, happened, noted, read_by
from tests.factories import LONG_AGO, MemberFactory, ProgramFactory, enrolled_account

EARNED = KINDS["points_earned"]
FRAME = ("Open", "Choose what you hear of, and how often", "No more letters like this")


@pytest.fixture
def program(in_tenant):
    return ProgramFactory(name="Acme Rewards")


@pytest.fixture
def partner(program):
    return MemberFactory(account=enrolled_account(program, name="Harbor Bikes"))


def earned(partner, program, points: int = 1_240):
    event = happened(
        "points.earned", account=partner.account, program=str(program.id), points=points
    )
    noted(event)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{+[^{}]*\}+", text))


def test_everything_is_said_in_every_language():
    assert languages() == {"en": "English", "de": "Deutsch"}
    texts = [*STATES.values(), *STEPS.values(), *FUND_STEPS.values(), *FRAME]
    for kind in KINDS.values():
        texts += [kind.subject, kind.body]
    for language in set(languages()) - {"en"}:
        with (FOLDER / language / "LC_MESSAGES" / "django.po").open("rb") as file:
            catalog = read_po(file)
        for text in texts:
            message = catalog.get(text)
            assert message, f"{language} lacks “{text}”"
            assert message.string, f"{language} lacks “{text}”"
            assert not message.fuzzy
            assert placeholders(str(message.string)) == placeholders(text)


def test_numbers_days_and_points_are_written_as_the_language_does(partner, program):
    earned(partner, program)
    assert read_by(partner.user, language="de") == [
        (
            "1.240 Punkte gesammelt am 20. Mai 2026",
            "Harbor Bikes hat am 20. Mai 2026 in Acme Rewards 1.240 Punkte gesammelt.",
        )
    ]


def test_a_deadline_is_written_as_the_language_does():
    words, kept = Words("", "{{ until }}"), {"until": "2026-06-30 14:00 (America/New_York)"}
    for language, told in (
        ("en", "June 30, 2026, 2:00 PM (America/New_York)"),
        ("de", "30. Juni 2026, 14:00 (America/New_York)"),
    ):
        text = said(words, kind=KINDS["lead_offered"], details=kept, language=language).body
        assert text.replace("\u202f", " ") == told


def test_a_program_s_own_word_for_points_stays(program, partner):
    type(program).objects.filter(pk=program.pk).update(points_name="Stars")
    earned(partner, program, 1)
    assert read_by(partner.user, language="de")[0][0] == "1 Star gesammelt am 20. Mai 2026"


def test_a_tenants_own_words_are_said_instead_and_can_be_given_up(partner, program):
    earned(partner, program)
    change_text(
        kind=EARNED,
        language="en",
        subject="{{points}} more",
        body="Well done, {{ name }}: {{ points }}!",
        actor="staff:x",
        now=NOW,
    )
    assert read_by(partner.user) == [("1,240 points more", "Well done, Pat Partner: 1,240 points!")]
    assert read_by(partner.user, language="de")[0][0].startswith("1.240 Punkte gesammelt")
    changed = Event.objects.get(kind="notice.text_changed")
    assert (changed.actor, changed.payload["subject"]) == ("staff:x", "{{points}} more")

    back_to_standard(kind=EARNED, language="en", actor="staff:x", now=NOW)

    assert read_by(partner.user)[0][0] == "1,240 points earned on May 20, 2026"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ tier }}", "There is no placeholder “tier” here."),
        ("{{ points.real }}", "“{{ points.real }}” does not belong here."),
        ("{{ points|add:1 }}", "does not belong here"),
        ("{{ points.__class__ }}", "does not belong here"),
        ("{{ __builtins__ }}", "There is no placeholder “__builtins__” here."),
        ("{{ settings }}", "There is no placeholder “settings” here."),
        ("{{ 7*7 }}", "does not belong here"),
        ("{{ }}", "does not belong here"),
        ("{{ points", "“{{” does not belong here."),
        ("points }}", "“}}” does not belong here."),
        ("{% load x %}", "“{%” does not belong here."),
        ("{% include 'a' %}", "does not belong here"),
        ("{# note #}", "does not belong here"),
        ("{{{ points }}}", "does not belong here"),
        ("{{ {{ points }} }}", "does not belong here"),
    ],
)
def test_what_is_no_placeholder_of_the_kind_is_refused(in_tenant, text, problem):
    with pytest.raises(BadText, match=re.escape(problem)):
        change_text(
            kind=EARNED, language="en", subject="Fine", body=text, actor="staff:x", now=LONG_AGO
        )
    assert NoticeText.objects.count() == 0
    assert Event.objects.count() == 0


def test_values_are_never_read_as_text_again():
    """Whoever calls a company “{{ points }}” reads exactly that."""
    details = {"account": "{{ points }} {% now %}", "points": 5, "day": "2026-05-20"}
    words = said(
        Words("{{ account }}\nfor {{ points }}", "{{ account }}"),
        kind=EARNED,
        details=details,
        language="en",
    )
    assert words == Words("{{ points }} {% now %} for 5 points", "{{ points }} {% now %}")


def test_a_value_cannot_begin_another_line_of_a_letters_head():
    details = {"account": "Acme\r\nBcc: everybody@example.com"}
    words = Words("For {{ account }}", "-")
    subject = said(words, kind=EARNED, details=details, language="en").subject
    assert subject == "For Acme Bcc: everybody@example.com"


def test_a_preview_shows_the_newest_real_notice_or_says_it_is_made_up(partner, program):
    words = Words("{{ points }} for {{ account }}", "Hello {{ name }}")

    assert preview(words, kind=EARNED, language="en") == (
        Words("1,860 points for Harbor Bikes", "Hello Pat Partner"),
        False,
    )
    earned(partner, program, 77)
    shown, is_real = preview(words, kind=EARNED, language="de")

    assert (shown.subject, is_real) == ("77 Punkte for Harbor Bikes", True)
    with pytest.raises(BadText):
        preview(Words("{{ nothing }}", "-"), kind=EARNED, language="en")
    assert NoticeText.objects.count() == 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_standard_texts_speak_only_of_what_there_is(kind):
    for language in languages():
        words = standard_words(kind, language=language)
        check_text(words.subject, kind=kind)
        check_text(words.body, kind=kind)
