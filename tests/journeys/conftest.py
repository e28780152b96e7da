"""A company, a real server on a free port, a real browser in front of it."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.journeys.company import Company, open_company
from tests.journeys.site import Site, serving, working
from tests.journeys.visitor import CHROMIUM_FLAGS, PATIENCE, Visitor

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def installed_chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # Here and not in a fixture: so the skips of all journeys are reported as one line.
    if item.get_closest_marker("browser") and installed_chromium() is None:
        missing = "No Chromium here: install it to run the browser journeys."
        if os.environ.get("LOYALTY_BROWSER_REQUIRED") == "1":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = installed_chromium()
    assert found is not None
    return found


@pytest.fixture
def company(chromium: str, committed: None) -> Company:
    return open_company()


@pytest.fixture(scope="package")
def server(process_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service, answering on this machine: started once, since to start it takes longer than
    most journeys. What it keeps from one to the next, it keeps between any two requests."""
    with serving(process_env, files=tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def site(company: Company, server: Site) -> Site:
    """The company's service."""
    return server


@pytest.fixture
def worker(site: Site) -> Iterator[None]:
    """A Celery worker of the site."""
    with working(site):
        yield


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """Started once; each visitor has a window without what others left behind."""
    expect.set_options(timeout=PATIENCE)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(
    browser: Browser, site: Site, company: Company, record_property: Callable[[str, object], None]
) -> Iterator[Callable[[], Visitor]]:
    """Opens a fresh window at the company's host. In the end no page may have complained."""
    visitors: list[Visitor] = []

    def arrive() -> Visitor:
        report = partial(record_property, "effort")
        visitors.append(Visitor(browser, home=site.url(company.slug), report=report))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.leave()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
