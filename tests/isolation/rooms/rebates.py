"""Rebates' papers, forecasts, and their money by the API; their older pages are in `routes`."""

from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from rebates import drafting, offering, papers
from rebates.models import AgreementVersion
from tests.factories import LONG_AGO
from tests.isolation.calls import Route, Values, asking, get, let_in, post, reading, route, with_key
from tests.isolation.groups import LATER, MONEY, PARTNERS, PEOPLE, READERS, idempotent
from tests.isolation.side import Side

KEPT: dict[str, set[str]] = {}
OF_ACCOUNTS = ("paper", "agreement with papers")
OF_TENANT = ("paper of a draft", "draft with papers", "forecast period", "settlement")
PAPER = b"%PDF-1.7 contract\n%%EOF"


def upload(values: Values) -> dict[str, Any]:
    return {"paper": SimpleUploadedFile("more.pdf", PAPER)}


def listed(values: Values) -> dict[str, str]:
    row = f"nobody's\t{values('number')}\t2026-01-01\t5"
    return {"pasted": f"Agreement\tAccount\tPeriod\tExpected\n{row}", "numbers": "point"}


def bank(values: Values) -> dict[str, str]:
    return {"account": values("number"), "holder": "N", "iban": "NL91ABNA0417164300"}


def picked(values: Values) -> dict[str, Any]:
    return {"settlements": [values("settlement")]}


ROUTES: dict[str, Route] = {
    "portal_agreement_paper": route(
        get(let_in(200, *PARTNERS)),
        path={
            "enrollment_id": "enrollment",
            "agreement_id": "agreement with papers",
            "file_id": "paper",
        },
        second_wall=True,
    ),
    "console_agreement_paper": route(
        post(let_in(302, *PEOPLE), upload), path={"version_id": "draft with papers"}
    ),
    "console_agreement_paper_off": route(
        post(let_in(302, *PEOPLE)),
        path={"version_id": "draft with papers", "file_id": "paper of a draft"},
    ),
    "console_accruals_file": route(*asking(let_in(200, *READERS), agreement="agreement")),
    "console_forecasts": route(
        *asking(let_in(200, *READERS), agreement="agreement"),
        get(let_in(200, *READERS), lambda values: {"missing": "1"}),
    ),
    "console_forecast_list": route(
        get(let_in(200, *MONEY)),
        *(
            post(
                let_in(200, *MONEY),
                lambda values, action=action: listed(values) | {"action": action},
            )
            for action in ("check", "keep")
        ),
    ),
    "console_forecast": route(
        get(let_in(200, *READERS)),
        post(let_in(302, *MONEY, but={"analyst": 404}), lambda values: {"expected": "9.50"}),
        path={"accrual_id": "forecast period"},
    ),
    "api_settlement": route(*reading(), path={"settlement_id": "settlement"}),
    "api_bank_details": route(
        *reading(account="number"),
        post(with_key(200, "key_write"), bank, as_json=True, headers=idempotent),
    ),
    "api_payment_runs": route(
        *reading(),
        post(
            with_key(409, "key_write"),  # it is in a run already
            lambda values: picked(values) | {"execute_on": LATER},
            as_json=True,
            headers=idempotent,
        ),
    ),
    "api_payment_run": route(*reading(), path={"run_id": "payment run"}),
    "api_payment_file": route(
        get(with_key(409, "key_write")),  # not approved yet
        path={"run_id": "payment run"},
    ),
    **{
        f"api_payment_run_{step}": route(
            post(with_key(status, "key_write"), as_json=True, headers=idempotent),
            path={"run_id": "payment run"},
        )
        for step, status in (("approve", 409), ("cancel", 200), ("executed", 409))
    },
    "api_payment_return": route(
        post(
            with_key(409, "key_write"),
            lambda values: {"reason": "R"},
            as_json=True,
            headers=idempotent,
        ),
        path={"payment_id": "payment"},
    ),
    "api_credits": route(
        *reading(account="number"),
        post(with_key(409, "key_write"), picked, as_json=True, headers=idempotent),
    ),
}


def furnish(side: Side, now: datetime) -> None:
    """An agreement with a paper for each account, and one that is still a draft. Settlements and
    forecast periods are those of `tests.isolation.seed`."""
    actor = side.staff["owner"].actor
    for number, account in side.accounts.items():
        version = _with_a_paper(side, number, now)
        offering.offer_version(version=version, valid_from=None, actor=actor, now=LONG_AGO)
        who = side.members["admin" if number == "1001" else "neighbor"].actor
        offering.accept_version(version=version, account=account, actor=who, now=LONG_AGO)
        side.things[f"agreement with papers {number}"] = version.agreement_id
        side.things[f"paper {number}"] = version.documents[0]["file"]
    draft = _with_a_paper(side, "1001", now, code="pa-draft")
    side.things["draft with papers"] = draft.id
    side.things["paper of a draft"] = draft.documents[0]["file"]


def _with_a_paper(side: Side, number: str, now: datetime, *, code: str = "") -> AgreementVersion:
    actor, account = side.staff["owner"].actor, side.accounts[number]
    drafted = drafting.draft_agreement(
        program=account.enrollments.earliest("id").program,
        account=account,
        code=code or f"pa-{number}",
        name="With papers",
        period="month",
        starts_on=now.date().replace(day=1),
        said={"terms": {"bands": [{"from": "0", "rate": "1"}]}},
        actor=actor,
        now=LONG_AGO,
    )
    paper = SimpleUploadedFile(f"contract {number}.pdf", PAPER + number.encode())
    return papers.attach(version=drafted, upload=paper, actor=actor, now=LONG_AGO)
