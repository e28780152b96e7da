"""`python -m tests.screenshots`: every page of the demo as a picture, in .data/screenshots/.

Each at the width of a phone, a tablet and a big screen, in light and dark: for eyes, which no check
replaces. Nothing lists the pages: each person starts at home and every link is followed, until one
page of every kind has its pictures. The demo is made first where there is none; nothing in it is
changed.
"""

import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Error, Page, sync_playwright

from loyalty import servers

if TYPE_CHECKING:
    from loyalty.demo import SignIn

WIDTHS = {"360": (360, 740), "768": (768, 1024), "1440": (1440, 900)}
SCHEMES = ("light", "dark")
FOLDER = servers.PROJECT / ".data" / "screenshots"

# Where a visitor starts. A page that no link leads to has a name here, the others their route's.
FRONT = {"": "/"}
SIGNED_OUT = {
    "": "/sign-in/login/",
    "directory": "/partners/",
    "invitation-unknown": "/invitation/no-such-secret/",
    "no-such-page": "/no-such-page/",
}
PEOPLE = {
    "Partner": {"": "/portal/"},
    "Program manager": {
        "": "/console/",
        "guide": "/console/guide/",
        "accounts-none": "/console/accounts/?q=nothing-like-this",
        "reward-new-gift-card": "/console/rewards/new/?type=gift_card",
    },
    "Finance": {"": "/console/"},
    "Sales rep": {"": "/field/", "accounts-none": "/field/?q=nothing-like-this"},
}
# Links that do something when they are followed: they read a notice, or lead away from the visit.
LEFT_ALONE = {"notice", "account_logout"}


@dataclass
class Visit:
    """`face` is the first part of its addresses; `done` are the kinds of page that have pictures,
    `tried` those whose first link was followed."""

    face: str
    home: str
    done: set[str]
    tried: set[str] = field(default_factory=set)
    waiting: deque[tuple[str, str]] = field(default_factory=deque)  # name, address


def main() -> None:
    servers.ensure("demo")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    import django

    django.setup()
    people = seeded_people()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)

    from tests.journeys.site import serving

    with tempfile.TemporaryDirectory() as files, serving(os.environ, files=Path(files)) as site:
        pages = take_all(people, port=site.port)
    pictures = sum(1 for _ in FOLDER.iterdir())
    print(f"{pages} pages, {pictures} pictures in {FOLDER.relative_to(servers.PROJECT)}")


def seeded_people() -> "list[SignIn]":
    from django.core.management import call_command

    from loyalty.demo import sign_ins
    from loyalty.demo.people import staff_email

    call_command("prepare_database")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("seed_demo")
    people = sign_ins()
    if not people:
        sys.exit("The workspace “acme” here is not the demo's: no pictures of it.")
    partner, manager, rep = people
    # After the manager: what is left for finance are the pages that a manager may not open.
    return [partner, manager, manager._replace(who="Finance", email=staff_email("erin")), rep]


def take_all(people: "list[SignIn]", *, port: int) -> int:
    from tests.journeys.conftest import installed_chromium
    from tests.journeys.visitor import CHROMIUM_FLAGS

    chromium = installed_chromium()
    if chromium is None:
        sys.exit("No Chromium here: install it to take pictures.")
    done: set[str] = set()
    host = people[0].host
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        front = Visit("front", f"http://{host.partition('.')[2]}:{port}", done)
        take(browser, front, FRONT)
        take(browser, Visit("visitor", f"http://{host}:{port}", done), SIGNED_OUT)
        for person in people:
            visit = Visit(person.path.strip("/"), f"http://{person.host}:{port}", done)
            take(browser, visit, PEOPLE[person.who], person)
        browser.close()
    return len(done)


def take(
    browser: Browser, visit: Visit, starts: dict[str, str], person: "SignIn | None" = None
) -> None:
    """One page of every kind that links lead to from `starts`."""
    context = browser.new_context(reduced_motion="reduce", locale="en-US", accept_downloads=False)
    context.set_default_timeout(60_000)
    page = context.new_page()
    if person:
        sign_in(page, visit.home, person)
    visit.waiting.extend(starts.items())
    while visit.waiting:
        name, address = visit.waiting.popleft()
        if name or is_new(visit, kind_of(visit, address)):
            look_at(page, visit, name=name, address=address)
    context.close()


def sign_in(page: Page, home: str, person: "SignIn") -> None:
    page.goto(home + person.path)
    page.locator("[name=login]").fill(person.email)
    page.locator("[name=password]").fill(person.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def is_new(visit: Visit, kind: str) -> bool:
    if not kind or kind in visit.done or kind in visit.tried:
        return False
    visit.tried.add(kind)
    return True


def look_at(page: Page, visit: Visit, *, name: str, address: str) -> None:
    """Take the page's pictures, and remember where its links lead. An address that answers with a
    file, or with a page of a kind that has its pictures, has none."""
    try:
        answer = page.goto(visit.home + address)
    except Error as error:
        if "Download is starting" not in error.message:
            raise
        return
    kind = f"{visit.face}-{name}" if name else kind_of(visit, page.url)
    if not kind or kind in visit.done or answer is None or not (name or answer.ok):
        return
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return
    visit.done.add(kind)
    for look in looks(page):
        page.screenshot(path=FOLDER / f"{kind}-{look}.png", full_page=True)
    for href in page.eval_on_selector_all("a[href]", "links => links.map(a => a.href)"):
        if href.startswith(visit.home + "/"):
            visit.waiting.append(("", href.removeprefix(visit.home)))


def kind_of(visit: Visit, address: str) -> str:
    """The kind of page at an address: the visit's face and the name of its route."""
    from django.conf import settings
    from django.urls import Resolver404, resolve

    urls = settings.FRONT_URLCONF if visit.face == "front" else settings.ROOT_URLCONF
    try:
        route = resolve(urlsplit(address).path, urls).view_name
    except Resolver404:
        return ""
    if route in LEFT_ALONE:
        return ""
    return route if route.startswith(visit.face) else f"{visit.face}-{route}"


def looks(page: Page) -> Iterator[str]:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for name, (width, height) in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            yield f"{name}-{scheme}"


if __name__ == "__main__":
    main()
