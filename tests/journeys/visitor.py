"""Somebody in front of a browser: what they do is counted, what they see is checked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Download, Locator, Page

CHROMIUM_FLAGS = [
    "--no-sandbox",  # Chromium refuses to run as root with it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 20_000  # milliseconds; a busy machine is no failure
DESKTOP = (1440, 900)
PHONE = (360, 740)
TABLET = (768, 1024)
GRAVE = ["serious", "critical"]
# All that the other colors of a page can break; everything else is the same in light and dark.
OF_COLORS = ["color-contrast", "link-in-text-block"]
# Only what is said of it leaves the page: all that axe tells of a sound page is half a megabyte.
# Nor does it fetch the style sheets once more, for rules that are not grave.
_BARRIERS = """async ([grave, rules]) => {
    const which = rules ? {runOnly: rules} : {};
    const how = {resultTypes: ["violations"], preload: false};
    const found = await axe.run(document, {...how, ...which});
    return found.violations
        .filter(one => grave.includes(one.impact))
        .flatMap(one => one.nodes.map(node => [
            one.id, node.html.slice(0, 120), (node.failureSummary || "").slice(0, 200)
        ].join(" ")));
}"""


class Visitor:
    """A window of its own, without cookies. `complaints` are the errors its pages met; `report` is
    told what each task took."""

    def __init__(self, browser: Browser, *, home: str, report: Callable[[str], None]) -> None:
        self.home = home
        self.clicks = self.keys = 0
        self.complaints: list[str] = []
        self._report = report
        self._context = browser.new_context(reduced_motion="reduce", locale="en-US")
        self._context.set_default_timeout(PATIENCE)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._resize(DESKTOP)

    def leave(self) -> None:
        self._context.close()

    @contextmanager
    def task(self, name: str) -> Iterator[None]:
        """Counts what is done inside."""
        self.clicks = self.keys = 0
        yield
        self._report(f"{self.clicks:>3} clicks {self.keys:>3} keys  {name}")

    def go(self, path: str) -> None:
        """To a path of the tenant's host, or to an address that somebody else's window shows."""
        self.page.goto(urljoin(self.home, path))

    def is_refused(self, path: str) -> int:
        """The status with which the page is refused; the browser may complain of that one."""
        answer = self.page.goto(self.home + path)
        assert answer is not None
        assert answer.status in (403, 404), f"{path} is open"
        self.complaints = [one for one in self.complaints if str(answer.status) not in one]
        return answer.status

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def choose(self, field: Locator, file: Path) -> None:
        self.clicks += 1  # what opens the list of files; the rest is not our page's
        field.set_input_files(file)

    def press(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.keys += len(text)
        self.page.keyboard.type(text)

    def tab_to(self, name: str) -> None:
        """Press Tab until the field or button called `name` has the focus."""
        for _ in range(15):
            if self._focused() == name:
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not lead to {name!r}")

    def sign_in(self, email: str, password: str) -> None:
        """With the keyboard alone."""
        self.tab_to("login")
        self.type(email)
        self.tab_to("password")
        self.type(password)
        self.press("Enter")
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)

    def download(self, target: Locator) -> Download:
        with self.page.expect_download() as download:
            self.click(target)
        return download.value

    def check_the_page(self) -> None:
        """It is readable by everybody: on a phone and a big screen, in light and dark; and no page
        is wider than its window. A page that has only begun to come is waited for."""
        self.page.wait_for_load_state()
        for size in (PHONE, TABLET, DESKTOP):
            self._resize(size)
            assert self._overflow() <= 0, f"{self.page.url} is too wide at {size}"
            hides = self._hidden_columns()
            assert hides == [], f"{self.page.url} hides columns of {hides} at {size}"
            assert self._spilt() == [], f"on {self.page.url} at {size}"
            if size != TABLET:
                self._check_both_schemes(size)

    def _check_both_schemes(self, size: tuple[int, int]) -> None:
        assert self._barriers() == [], f"{self.page.url} at {size}"
        self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        assert self._barriers(OF_COLORS) == [], f"{self.page.url} at {size} in the dark"
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def _resize(self, size: tuple[int, int]) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def _barriers(self, rules: list[str] | None = None) -> list[str]:
        """What axe finds serious or worse; by these of its rules alone."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        return self.page.evaluate(_BARRIERS, [GRAVE, rules])

    def _overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    def _hidden_columns(self) -> list[str]:
        """The tables that have to be scrolled sideways to see all that they say."""
        return self.page.eval_on_selector_all(
            ".table-scroll",
            "tables => tables.filter(t => t.scrollWidth > t.clientWidth + 1)"
            ".map(t => t.getAttribute('aria-label'))",
        )

    def _spilt(self) -> list[str]:
        """The cards, fields and cells whose content sticks out, over what is beside them."""
        return self.page.eval_on_selector_all(
            ".card, .field, td, dd",
            "ones => ones.filter(one => one.checkVisibility() && one.clientWidth > 1"
            " && one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)",
        )

    def _focused(self) -> str:
        return self.page.evaluate("document.activeElement?.getAttribute('name') ?? ''")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({self.page.url})")
