"""Windows: read strictly, named for ever, and made of whole local months."""

from datetime import date

import pytest

from accounts.windows import BadWindow, Window, in_words, months_of, parse_window

QUARTER, YEAR = {"window": "quarter"}, {"window": "year"}


@pytest.mark.parametrize(
    ("raw", "key", "words"),
    [
        ({"window": "month"}, "month", "this month"),
        (QUARTER, "quarter", "this quarter"),
        (QUARTER | {"back": 1}, "quarter-1", "the quarter before"),
        (QUARTER | {"back": 3}, "quarter-3", "3 quarters ago"),
        ({"window": "fiscal_year"}, "fiscal_year", "this fiscal year"),
        ({"window": "fiscal_quarter", "back": 1}, "fiscal_quarter-1", "the fiscal quarter before"),
        ({"window": "rolling", "months": 12}, "rolling:12", "the last 12 months"),
        ({"window": "rolling", "months": 1}, "rolling:1", "this month"),
        ({"window": "since_enrollment"}, "since_enrollment", "since enrollment"),
        ({"window": "lifetime"}, "lifetime", "all time"),
        ({"window": "valid_now"}, "valid_now", "valid now"),
    ],
)
def test_a_window_has_a_key_words_and_one_json(raw, key, words):
    window = parse_window(raw)

    assert (window.key, in_words(window), window.as_json()) == (key, words, raw)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("quarter", "A window is an object"),
        ({}, "A window is an object"),
        ({"window": ["quarter"]}, "A window is an object"),
        ({"window": "week"}, "one of month, quarter"),
        (QUARTER | {"months": 3}, "does not take months"),
        (QUARTER | {"back": 5}, "“back” of a window is a whole number from 0 to 4"),
        (QUARTER | {"back": True}, "whole number"),
        ({"window": "rolling"}, "“months” of a window is a whole number from 1 to 120"),
        ({"window": "rolling", "months": 0}, "from 1 to 120"),
        ({"window": "rolling", "months": 12, "back": 1}, "does not take back"),
        ({"window": "lifetime", "back": 1}, "does not take back"),
    ],
)
def test_what_is_no_window_is_refused(raw, said):
    with pytest.raises(BadWindow, match=said):
        parse_window(raw)


@pytest.mark.parametrize(
    ("window", "day", "since", "until"),
    [
        (Window("month"), "2024-02-29", "2024-02-01", "2024-03-01"),
        (Window("month", back=2), "2024-02-29", "2023-12-01", "2024-01-01"),
        (Window("quarter"), "2026-03-31", "2026-01-01", "2026-04-01"),
        (Window("quarter", back=1), "2026-03-31", "2025-10-01", "2026-01-01"),
        (Window("year"), "2024-12-31", "2024-01-01", "2025-01-01"),
        (Window("fiscal_year"), "2024-02-29", "2023-03-01", "2024-03-01"),
        (Window("fiscal_year"), "2024-03-01", "2024-03-01", "2025-03-01"),
        (Window("fiscal_year", back=1), "2024-03-01", "2023-03-01", "2024-03-01"),
        (Window("fiscal_quarter"), "2024-02-29", "2023-12-01", "2024-03-01"),
        (Window("fiscal_quarter"), "2024-03-01", "2024-03-01", "2024-06-01"),
        (Window("fiscal_quarter", back=1), "2024-03-01", "2023-12-01", "2024-03-01"),
        (Window("rolling", months=1), "2024-02-29", "2024-02-01", "2024-03-01"),
        (Window("rolling", months=12), "2024-02-29", "2023-03-01", "2024-03-01"),
        (Window("since_enrollment"), "2024-05-01", "2024-02-01", "2024-06-01"),
        (Window("lifetime"), "2024-05-01", "1970-01-01", "2024-06-01"),
    ],
)
def test_a_window_is_made_of_whole_months(window, day, since, until):
    found = months_of(
        window,
        day=date.fromisoformat(day),
        fiscal_year_starts=3,
        enrolled_on=date(2024, 2, 29),
    )

    assert found == (date.fromisoformat(since), date.fromisoformat(until))


def test_since_enrollment_needs_one():
    with pytest.raises(BadWindow, match="needs an enrollment"):
        months_of(Window("since_enrollment"), day=date(2024, 1, 1), fiscal_year_starts=1)
