"""What a page weighs on the wire, compressed and with all it loads, as production serves it."""

import gzip
import re
from html import unescape
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from rewards import clock
from tests.factories import MemberFactory, StaffFactory, enrolled_account
from tests.loyalty.faces import NOW, running_program
from tests.rewards.shop import offered
from tests.rewards.stories import accepted, at, purchase

MOST = 100_000  # bytes
MEGABYTES_OF_OTHER_PAGES = ["drf_spectacular_sidecar*", "rest_framework*"]
BROWSER = {"accept-encoding": "gzip, deflate, br"}


@pytest.fixture
def built(settings, tmp_path: Path) -> None:
    """Static files as the image has them: named by their content, and compressed."""
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    call_command(
        "collectstatic", interactive=False, verbosity=0, ignore_patterns=MEGABYTES_OF_OTHER_PAGES
    )


@pytest.fixture
def partner(in_tenant, built) -> Client:
    program = running_program()
    dealer = enrolled_account(program, name="Northwind Bikes", on=at("2026-01-01 00:00"))
    for day in range(10, 20):
        accepted(
            purchase(dealer, f"{day}00.00", at(f"2026-05-{day}"), f"SO{day}"),
            as_of=at(f"2026-05-{day} 20:00"),
        )
    clock.advance(upto=NOW)
    for points in (500, 5_000, 50_000):
        offered(program, name=f"Credit for {points}", points=points)
    client = Client(headers={"host": f"{in_tenant.slug}.localhost"} | BROWSER)
    client.force_login(MemberFactory(account=dealer).user)
    return client


def body_of(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def weight_of(response) -> int:
    """Bytes of the answer's headers and of its body as sent."""
    headers = sum(len(name) + len(value) + 4 for name, value in response.items())
    return headers + len(body_of(response))


def test_the_portals_home_comes_in_less_than_a_hundred_kilobytes(partner, record_property):
    page = partner.get("/portal/", follow=True)
    html = gzip.decompress(page.content).decode()
    loaded = re.findall(r'<(?:link|script|img)\b[^>]*?(?:href|src)="([^"]+)"', html)
    parts = {address: partner.get(unescape(address)) for address in loaded}

    assert page["Content-Encoding"] == "gzip"
    assert "Credit for 500" in html
    assert len(parts) > 12  # the sheets, the scripts, the tenant's colors and icon
    assert {address: part.status_code for address, part in parts.items()} == dict.fromkeys(
        parts, 200
    )
    weight = weight_of(page) + sum(map(weight_of, parts.values()))
    record_property("weight", f"{weight / 1000:.1f} kB  first load of the portal's home")
    assert weight <= MOST
    # who comes again loads the page alone: all that it names is kept, and changes with its name
    assert {part["Cache-Control"].partition("max-age=")[2][:4] for part in parts.values()} <= {
        "3153"
    }


def test_what_must_not_be_stored_is_not_compressed(in_tenant):
    client = Client(headers={"host": f"{in_tenant.slug}.localhost"} | BROWSER)
    client.force_login(StaffFactory(role="owner").user)

    keys = client.get("/console/keys/")
    people = client.get("/console/people/")

    assert "no-store" in keys["Cache-Control"]
    assert "Content-Encoding" not in keys
    assert b"</html>" in keys.content
    assert people["Content-Encoding"] == "gzip"
