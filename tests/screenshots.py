"""`python -m tests.screenshots`: every page of the demo as a picture, in .data/screenshots/.

Each at the width of a phone, a tablet and a big screen, in light and dark: for eyes, which no check
replaces. The demo is made first where there is none; nothing in it is changed.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page, sync_playwright

from loyalty import servers

if TYPE_CHECKING:
    from loyalty.demo import SignIn

WIDTHS = {"360": (360, 740), "768": (768, 1024), "1440": (1440, 900)}
SCHEMES = ("light", "dark")
FOLDER = servers.PROJECT / ".data" / "screenshots"

# A page's name -> its address; one that starts with "→" is that of the first link that matches.
FRONT = {"landing": "/", "sign-up": "/sign-up/", "forgotten": "/workspace/forgotten/"}
SIGNED_OUT = {
    "sign-in": "/sign-in/login/",
    "sign-in-by-code": "/sign-in/login/code/",
    "password-forgotten": "/sign-in/password/reset/",
    "invitation-unknown": "/invitation/no-such-secret/",
    "no-such-page": "/no-such-page/",
}
PEOPLE = {
    "Partner": {
        "overview": "/portal/",
        "reward": "→.reward a",
        "movements": "→a[href$='/entries/']",
        "pass-on": "→main a[href$='/transfer/']",
        "movements-again": "→a[href$='/entries/']",
        "missing-purchase": "→main a[href$='/missing/']",
        "movements-after": "→a[href$='/entries/']",
        "report-sales": "→main a[href$='/sales/']",
        "movements-then": "→a[href$='/entries/']",
        "bank-details": "→main a[href$='/bank/']",
        "movements-once-more": "→a[href$='/entries/']",
        "activities": "→main a[href$='/activities/']",
        "activity": "→main a[href*='/activities/0']",
        "tiers": "→a[href$='/tiers/']",
        "rebates": "→a[href$='/rebates/']",
        "agreement": "→.agreement-name a",
        "rebates-again": "→a[href$='/rebates/']",
        "rebate-statement": "→main a[href*='/rebates/statements/']",
        "together": "→a[href$='/together/']",
        "support": "→main a[href*='/together/support/0']",
        "together-again": "→a[href$='/together/']",
        "plan": "→main a[href*='/together/plans/0']",
        "how-it-works": "→a[href$='/how/']",
        "rewards": "→a[href$='/rewards/']",
        "redemptions": "→a[href$='/redemptions/']",
        "redemption": "→main a[href*='/redemptions/0']",
        "colleagues": "/portal/colleagues/",
        "colleague-invite": "/portal/colleagues/invite/",
        "password": "/sign-in/password/change/",
        "email": "/sign-in/email/",
        "two-factor": "/sign-in/2fa/",
    },
    "Program manager": {
        "home": "/console/",
        "account-tiers": "→a[href*='/enrollments/'][href$='/tiers/']",
        "tiers": "/console/tiers/",
        "ladder": "→main h2 a[href^='/console/tiers/']",
        "ready-made": "/console/tiers/ready-made/",
        "ready-made-scheme": "/console/tiers/ready-made/weighted-score/",
        "replays": "/console/replays/",
        "replay-new": "/console/replays/new/",
        "accounts-none": "/console/accounts/?q=nothing-like-this",
        "accounts": "/console/accounts/",
        "account": "→a[href^='/console/accounts/']:has-text('Lakeshore')",
        "adjust": "→a[href$='/adjust/']",
        "kinds": "/console/kinds/",
        "kind": "→main a[href^='/console/kinds/0']",
        "kind-new": "/console/kinds/new/",
        "measures": "/console/measures/",
        "measure-new": "/console/measures/new/",
        "segments": "/console/segments/",
        "segment": "→main a[href^='/console/segments/0']",
        "segment-new": "/console/segments/new/",
        "adjustment-limits": "/console/adjustments/limits/",
        "rules": "/console/rules/",
        "rule": "→main a[href^='/console/rules/0']",
        "rule-new": "/console/rules/new/",
        "campaigns": "/console/campaigns/",
        "campaign": "→main a[href^='/console/campaigns/0']",
        "campaign-new": "/console/campaigns/new/",
        "milestone-new": "/console/milestones/new/",
        "budget-new": "/console/budgets/new/",
        "approvals": "/console/inbox/",
        "approval": "→main a[href*='open=']",
        "surveys": "/console/surveys/",
        "survey": "→main a[href^='/console/surveys/0']",
        "support": "/console/support/",
        "support-request": "→main a[href^='/console/support/0']",
        "support-types": "/console/support/types/",
        "plans": "/console/plans/",
        "plan": "→main a[href^='/console/plans/0']",
        "agreements": "/console/agreements/",
        "agreement": "→main a[href^='/console/agreements/0']",
        "agreement-trial": "→main a[href$='/try/']",
        "agreement-new": "/console/agreements/new/",
        "accruals": "/console/accruals/",
        "rebate-statements": "/console/rebate-statements/",
        "rebate-statement": "→main a[href^='/console/rebate-statements/0']",
        "rebate-closing": "/console/rebate-statements/closing/",
        "adjustments": "/console/adjustments/",
        "adjustment": "→main a[href^='/console/adjustments/0']",
        "correction-terms": "/console/adjustments/terms/",
        "missing-purchases": "/console/claims/",
        "reported-sales": "/console/sales/",
        "payments": "/console/payments/",
        "credits": "/console/credits/",
        "rewards": "/console/rewards/",
        "reward": "→main a[href^='/console/rewards/0']",
        "reward-types": "/console/rewards/new/",
        "reward-new": "/console/rewards/new/?type=gift_card",
        "redemptions": "/console/redemptions/",
        "redemption": "→main a[href^='/console/redemptions/0']",
        "exports": "/console/exports/",
        "views": "/console/views/",
        "history": "/console/history/",
        "guide": "/console/guide/",
        "products": "/console/products/",
        "product": "→main a[href^='/console/products/0']",
        "imports": "/console/imports/",
        "import": "→main a[href^='/console/imports/0']",
        "import-new": "/console/imports/new/",
        "import-new-accounts": "/console/imports/new/?target=accounts",
        "people": "/console/people/",
        "members": "/console/people/members/",
        "staff-invite": "/console/people/invite/",
        "member-invite": "/console/people/members/invite/",
        "notices": "/console/notices/",
        "notice-text": "/console/notices/points_earned/de/",
        "letters": "/console/notices/letters/",
        "inbox": "/notices/",
        "notice-choices": "/notices/choices/",
        "settings": "/console/settings/",
        "keys": "/console/keys/",
        "jobs": "/console/jobs/",
        "job": "/console/jobs/remind/",
        "payouts": "/console/jobs/payouts/",
        "webhooks": "/console/webhooks/",
        "new webhook": "/console/webhooks/new/",
    },
    "Sales rep": {
        "accounts": "/field/",
        "account": "→a[href^='/field/0']",
        "not-allowed": "/console/accounts/",
    },
}


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
        take_all(people, port=site.port)
    pictures = sorted(path.name for path in FOLDER.iterdir())
    print(f"{len(pictures)} pictures in {FOLDER.relative_to(servers.PROJECT)}")


def seeded_people() -> "list[SignIn]":
    from django.core.management import call_command

    from loyalty.demo import sign_ins

    call_command("prepare_database")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("seed_demo")
    people = sign_ins()
    if not people:
        sys.exit("The workspace “acme” here is not the demo's: no pictures of it.")
    return people


def take_all(people: "list[SignIn]", *, port: int) -> None:
    from tests.journeys.conftest import installed_chromium
    from tests.journeys.visitor import CHROMIUM_FLAGS

    chromium = installed_chromium()
    if chromium is None:
        sys.exit("No Chromium here: install it to take pictures.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        host = people[0].host
        plain = f"http://{host.partition('.')[2]}:{port}"
        take(browser, FRONT, who="front", home=plain)
        take(browser, SIGNED_OUT, who="visitor", home=f"http://{host}:{port}")
        for person in people:
            who = person.who.lower().replace(" ", "-")
            home = f"http://{person.host}:{port}"
            take(browser, PEOPLE[person.who], who=who, home=home, person=person)
        browser.close()


def take(
    browser: Browser,
    pages: dict[str, str],
    *,
    who: str,
    home: str,
    person: "SignIn | None" = None,
) -> None:
    context = browser.new_context(reduced_motion="reduce", locale="en-US")
    context.set_default_timeout(30_000)
    page = context.new_page()
    if person:
        page.goto(home + person.path)
        page.locator("[name=login]").fill(person.email)
        page.locator("[name=password]").fill(person.password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
    for name, address in pages.items():
        if visited(page, home, address):
            for look in looks(page):
                page.screenshot(path=FOLDER / f"{who}-{name}-{look}.png", full_page=True)
    context.close()


def visited(page: Page, home: str, address: str) -> bool:
    """Go there; False where the page before has no such link."""
    if address.startswith("→"):
        link = page.locator(address.removeprefix("→")).first
        href = link.get_attribute("href") if link.count() else None
        if href is None:
            return False
        address = href
    page.goto(home + address)
    return True


def looks(page: Page) -> Iterator[str]:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for name, (width, height) in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            yield f"{name}-{scheme}"


if __name__ == "__main__":
    main()
