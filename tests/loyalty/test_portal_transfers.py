"""Partners pass points on within their account: each their own, an admin the account's."""

import re

import pytest

from accounts.models import Event, Member
from rewards.models import CorrectionTerms, Entry, Transfer, Wallet
from tests.factories import MemberFactory, StaffFactory, UserFactory, enrolled_account
from tests.loyalty.faces import client_of, running_program, text_of
from tests.loyalty.test_portal import home_of
from tests.rewards.stories import accepted, at, purchase

pytestmark = pytest.mark.usefixtures("stopped_clock")


@pytest.fixture
def program(in_tenant):
    program = running_program()
    CorrectionTerms.objects.create(program=program, transfers=True)
    return program


@pytest.fixture
def dealer(program):
    dealer = enrolled_account(program, name="Northwind Bikes", on=at("2026-01-01 00:00"))
    accepted(purchase(dealer, "500.00", at("2026-05-10"), "SO1"), as_of=at("2026-05-10 20:00"))
    return dealer


@pytest.fixture
def ann(dealer) -> Member:
    return MemberFactory(account=dealer, name="Ann Admin", portal_role="admin")


@pytest.fixture
def max_(dealer) -> Member:
    return MemberFactory(account=dealer, name="Max Member", portal_role="member")


def held(account, member=None) -> int:
    wallet = Wallet.objects.filter(account=account, member=member, unit="points").first()
    return wallet.available if wallet else 0


def fill(client, url: str, **filled):
    """The form as it is served, filled in."""
    page = client.get(url).content.decode()
    [identity] = re.findall(r'name="identity" value="([^"]+)"', page)
    return {"identity": identity, "step": "choose"} | filled


def test_an_admin_passes_the_accounts_points_on_and_both_see_it(in_tenant, dealer, ann, max_):
    client, url = client_of(in_tenant, ann.user), f"{home_of(dealer)}entries/transfer/"
    assert f'href="{url}"' in client.get(f"{home_of(dealer)}entries/").content.decode()
    filled = fill(
        client, url, giver="account", taker=str(max_.pk), amount="120", reason="Best of May"
    )

    asked = client.post(url, filled)

    assert asked.status_code == 200
    assert "Pass 120 points on to Max Member?" in text_of(asked)
    assert "Points of Northwind Bikes 500 To Max Member −120 Left afterwards 380" in text_of(asked)
    assert Transfer.objects.count() == 0
    for _ in range(2):  # sent twice, it moves once
        done = client.post(url, filled | {"step": "confirm"})
        assert (done.status_code, done.url) == (302, f"{home_of(dealer)}entries/")
    assert (held(dealer), held(dealer, max_)) == (380, 120)
    assert Event.objects.get(kind="points.transferred").actor == ann.actor
    theirs = text_of(client.get(done.url))
    assert "120 points passed on to Max Member" in theirs
    assert "−120" in theirs
    own = client_of(in_tenant, max_.user).get(f"{home_of(dealer)}entries/?whose=own")
    assert "120 points received from the account" in text_of(own)
    assert "Best of May" in text_of(own)
    manager = client_of(in_tenant, StaffFactory().user)
    seen = text_of(manager.get(f"/console/accounts/{dealer.pk}/"))
    assert "120 points passed on to Max Member" in seen
    assert "Passed 120 points on within the account" in seen


def test_a_member_passes_on_their_own_only(in_tenant, dealer, ann, max_):
    admin, url = client_of(in_tenant, ann.user), f"{home_of(dealer)}entries/transfer/"
    admin.post(
        url, fill(admin, url, giver="account", taker=str(max_.pk), amount="50", step="confirm")
    )
    client = client_of(in_tenant, max_.user)
    page = client.get(url)
    assert "Your own points: 50" in text_of(page)
    assert "Points of Northwind Bikes" not in text_of(page)

    for giver in ("account", str(ann.pk)):
        answer = client.post(
            url, fill(client, url, giver=giver, taker=str(max_.pk), amount="1", step="confirm")
        )
        assert answer.status_code == 422
    assert (held(dealer), held(dealer, max_), held(dealer, ann)) == (450, 50, 0)

    filled = fill(client, url, giver=str(max_.pk), taker="account", amount="20", step="confirm")
    assert client.post(url, filled).url == f"{home_of(dealer)}entries/?whose=own"
    assert (held(dealer), held(dealer, max_)) == (470, 30)
    admin.get(f"{home_of(dealer)}entries/")  # what was said of the first is read
    assert "Nothing here yet" in text_of(admin.get(f"{home_of(dealer)}entries/?whose=own"))


def test_what_cannot_be_passed_on_is_said_and_what_was_typed_stays(in_tenant, dealer, ann, max_):
    client, url = client_of(in_tenant, ann.user), f"{home_of(dealer)}entries/transfer/"
    stranger = MemberFactory(user=UserFactory())
    refused = {
        "Only 500 are available there.": {"taker": str(max_.pk), "amount": "501"},
        "Choose somebody else to pass points on to.": {"taker": "account", "amount": "5"},
        "Select a valid choice.": {"taker": str(stranger.pk), "amount": "5"},
        "Ensure this value is greater than or equal to 1.": {"taker": str(max_.pk), "amount": "0"},
    }
    for said, typed in refused.items():
        answer = client.post(url, fill(client, url, giver="account", reason="Kept", **typed))
        assert (said, answer.status_code) == (said, 422)
        assert said in text_of(answer)
        assert 'value="Kept"' in answer.content.decode()
    changed = client.post(
        url,
        fill(client, url, giver="account", taker=str(max_.pk), amount="7", step="change"),
    )
    assert 'value="7"' in changed.content.decode()
    assert (held(dealer), Entry.objects.filter(kind="transfer").count()) == (500, 0)


def test_where_it_is_not_allowed_there_is_no_way_in(in_tenant, program, dealer, ann):
    viewer = MemberFactory(account=dealer, portal_role="viewer")
    url = f"{home_of(dealer)}entries/transfer/"
    client = client_of(in_tenant, viewer.user)
    assert "Viewers look only" in text_of(client.get(url))
    assert client.post(url, {"step": "confirm"}).status_code == 422
    assert url not in client.get(f"{home_of(dealer)}entries/").content.decode()

    CorrectionTerms.objects.update(transfers=False)
    client = client_of(in_tenant, ann.user)
    assert "This program does not allow points to be passed on." in text_of(client.get(url))
    assert client.post(url, {"step": "confirm"}).status_code == 422
    assert url not in client.get(f"{home_of(dealer)}entries/").content.decode()
    assert Transfer.objects.count() == 0
