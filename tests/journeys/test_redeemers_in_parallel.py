"""Many press “Redeem” at the same instant, over HTTP: exactly what points and stock allow."""

import http.client
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Enrollment, Tenant
from accounts.tenancy import tenant_scope
from loyalty.books import verify
from rewards.models import Redemption, Reward, RewardCode, Wallet
from tests.factories import (
    MemberFactory,
    ProgramFactory,
    TenantFactory,
    UserFactory,
    enrolled_account,
    publish_rule,
)
from tests.journeys.site import Site
from tests.rewards.shop import offered, with_codes
from tests.rewards.stories import accepted, purchase

PEOPLE = 8  # who press; each has as many windows open as it takes


class Shop:
    """One account with points, its people signed in, and a reward."""

    def __init__(self, tenant: Tenant, account: Account, reward: Reward, path: str) -> None:
        self.tenant, self.account, self.reward, self.path = tenant, account, reward, path
        self.cookies: list[str] = []


def open_shop(*, earned: int, codes: int = 0, **terms) -> Shop:
    with transaction.atomic():
        tenant = TenantFactory(slug="acme")
        users = UserFactory.create_batch(PEOPLE)
    with tenant_scope(tenant.id), transaction.atomic():
        program = ProgramFactory()
        publish_rule(program)
        account = enrolled_account(program)
        accepted(purchase(account, f"{earned}.00", timezone.now(), "BUY"), as_of=timezone.now())
        reward = offered(program, **terms)
        if codes:
            with_codes(reward, *(f"CODE-{number:04}" for number in range(codes)))
        for user in users:
            MemberFactory(account=account, user=user)
        path = f"/portal/{Enrollment.objects.get().id}/rewards/{reward.pk}/"
        shop = Shop(tenant, account, reward, path)
        for user in users:
            client = Client(headers={"host": "acme.localhost"})
            client.force_login(user)
            shop.cookies.append(client.cookies["sessionid"].value)
    return shop


def press(site: Site, shop: Shop, windows: list[tuple[str, str]]) -> Counter:
    """All at once: for each window (cookie, key of its form) what came back, counted."""
    ready = threading.Barrier(len(windows))
    token = "a" * 32  # the double-submit cookie and the field are ours alike

    def one(window: tuple[str, str]) -> str:
        cookie, key = window
        body = urlencode(
            {
                "csrfmiddlewaretoken": token,
                "step": "confirm",
                "points": str(shop.reward.points),
                "key": key,
            }
        )
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=120)
        headers = {
            "Host": f"acme.localhost:{site.port}",
            "Cookie": f"sessionid={cookie}; csrftoken={token}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        ready.wait()
        connection.request("POST", shop.path, body, headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        return f"{response.status} {response.headers.get('Location', '')}".strip()

    with ThreadPoolExecutor(len(windows)) as threads:
        return Counter(threads.map(one, windows))


def windows_of(shop: Shop, count: int) -> list[tuple[str, str]]:
    keys = (f"00000000-0000-4000-8000-{number:012}" for number in range(count))
    return [(shop.cookies[place % PEOPLE], key) for place, key in enumerate(keys)]


def refused(answers: Counter) -> int:
    return sum(count for answer, count in answers.items() if answer in ("409", "422"))


def redirected(answers: Counter) -> int:
    return sum(count for answer, count in answers.items() if answer.startswith("302 /portal/"))


def check(shop: Shop, *, redeemed: int, earned: int) -> None:
    with tenant_scope(shop.tenant.id), transaction.atomic():
        wallet = Wallet.objects.get(account=shop.account, unit="points")
        price = shop.reward.points
        assert Redemption.objects.count() == redeemed
        assert (wallet.available, wallet.reserved) == (
            earned - redeemed * price,
            redeemed * price,
        )
        assert Reward.objects.get().taken == redeemed
    found = verify([shop.tenant.id])
    assert [(one.invariant.claim, one.sample) for one in found if one.sample] == []


@pytest.mark.parametrize("parallel", [2, 16, 64])
def test_one_balance_is_never_overspent(committed, server, parallel):
    shop = open_shop(earned=750)
    answers = press(server, shop, windows_of(shop, parallel))
    can = min(parallel, 7)
    assert (redirected(answers), refused(answers)) == (can, parallel - can)
    check(shop, redeemed=can, earned=750)


@pytest.mark.parametrize("parallel", [2, 16, 64])
def test_one_stock_is_never_promised_twice(committed, server, parallel):
    shop = open_shop(earned=10_000, stock=5)
    answers = press(server, shop, windows_of(shop, parallel))
    can = min(parallel, 5)
    assert (redirected(answers), refused(answers)) == (can, parallel - can)
    check(shop, redeemed=can, earned=10_000)


def test_every_code_goes_to_one_and_a_limit_holds(committed, server):
    shop = open_shop(earned=10_000, type="gift_card", codes=9, per_account=6)
    answers = press(server, shop, windows_of(shop, 16))
    assert (redirected(answers), refused(answers)) == (6, 10)
    check(shop, redeemed=6, earned=10_000)
    with tenant_scope(shop.tenant.id), transaction.atomic():
        given = RewardCode.objects.exclude(redemption=None).values_list("redemption_id", flat=True)
        assert len(set(given)) == 6


def test_one_form_sent_many_times_at_once_redeems_once(committed, server):
    shop = open_shop(earned=10_000)
    [window] = windows_of(shop, 1)
    answers = press(server, shop, [window] * 16)
    [(answer, count)] = answers.items()  # the same answer, with the same address, for all
    assert (answer[:3], count) == ("302", 16)
    check(shop, redeemed=1, earned=10_000)
