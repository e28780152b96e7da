"""The words in which stories of tiers are told: ladders drafted and published, who stands where."""

from datetime import datetime
from typing import Any

from accounts.models import Account, Program
from rewards import clock
from tests.factories import LONG_AGO, enrolled_account
from tests.rewards.stories import accepted, at, purchase
from tiers import publishing
from tiers.evidence import evidence_of
from tiers.models import SchemeVersion, Standing

Criteria = dict[str, Any]


def dealer(program: Program, **account: Any) -> Account:
    return enrolled_account(program, on=at("2026-01-01 00:00"), **account)


def revenue(threshold: int, *, window: dict[str, Any] | None = None, **more: Any) -> Criteria:
    """At least so many dollars, by default in the running calendar quarter."""
    return {
        "measure": "revenue",
        "window": window or {"window": "quarter"},
        "op": "gte",
        "threshold": threshold * 100,
        **more,
    }


def rolling(months: int) -> dict[str, Any]:
    return {"window": "rolling", "months": months}


def orders(threshold: int, *, window: dict[str, Any] | None = None) -> Criteria:
    return {
        "measure": "orders",
        "window": window or {"window": "quarter"},
        "op": "gte",
        "threshold": threshold,
    }


def rung(name: str, criteria: Criteria | None = None, **more: Any) -> dict[str, Any]:
    return {"code": name.lower(), "name": name, "criteria": criteria or {}} | more


SILVER_TO_PLATINUM = [
    rung("Bronze"),
    rung("Silver", revenue(1_000)),
    rung("Gold", revenue(10_000)),
    rung("Platinum", revenue(100_000)),
]


def published(
    program: Program,
    *rungs: dict[str, Any],
    code: str = "tiers",
    audience: dict[str, Any] | None = None,
    **policies: Any,
) -> SchemeVersion:
    """A ladder's first version, in force since long ago."""
    draft = publishing.draft_scheme(
        program=program,
        code=code,
        name=code.title(),
        terms={"rungs": list(rungs), "audience": audience or {}, **policies},
        actor="staff:author",
        now=LONG_AGO,
    )
    return publishing.publish(version=draft, valid_from=LONG_AGO, actor="system", now=LONG_AGO)


def buy(account: Account, dollars: int, on: str, **more: Any) -> None:
    """A purchase that comes in when it happened, after all that was due by then."""
    clock.advance(upto=at(on))
    accepted(purchase(account, str(dollars), at(on), **more), as_of=at(on))


def tiers_of(account: Account, *, ladder: str = "tiers") -> list[tuple[str, str]]:
    """(tier, cause) of each standing, oldest first."""
    standings = Standing.objects.filter(enrollment__account=account, scheme__code=ladder)
    return list(standings.order_by("starts_at").values_list("tier__name", "cause"))


def standing_of(account: Account, *, ladder: str = "tiers") -> Standing:
    return Standing.objects.select_related("tier__version__scheme").get(
        enrollment__account=account, scheme__code=ladder, ends_at=None
    )


def tier_of(account: Account, *, ladder: str = "tiers") -> str:
    return standing_of(account, ladder=ladder).tier.name


def period_of(account: Account) -> tuple[str, str]:
    """First days of the period that decided, and of the one after it."""
    found = evidence_of(standing_of(account)).period
    assert found is not None
    return found[0].isoformat(), found[1].isoformat()


def since(account: Account) -> datetime:
    return standing_of(account).starts_at
