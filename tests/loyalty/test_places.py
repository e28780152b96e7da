"""The console's sidebar: every page has one place there, and nobody is offered a closed one."""

import pytest

from loyalty.console.places import sidebar


def _here(path: str, *, role: str = "owner") -> list[str]:
    groups = sidebar(role=role, path=path)
    return [link.label for group in groups for link in group.links if link.is_current]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/console/", "Home"),
        ("/console/accounts/", "Accounts"),
        ("/console/enrollments/01/adjust/", "Accounts"),
        ("/console/rewards/new/", "Rewards"),
        ("/console/milestones/new/", "Campaigns"),
        ("/console/people/members/", "People"),
    ],
)
def test_a_page_belongs_to_one_place(path, place):
    assert _here(path) == [place]


def test_an_analyst_is_offered_what_is_open_to_read():
    (settings,) = [group for group in sidebar(role="analyst", path="/") if group.links][-1:]
    assert settings.heading == "Settings"
    assert [link.label for link in settings.links] == ["Webhooks", "Audit log"]
