"""The OpenAPI document tells all of the API, and what it tells is so."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import get_resolver

from accounts.keys import SCOPES
from accounts.models import Tenant
from loyalty.api import urls
from tests.loyalty.test_api import Api, company

__all__ = ["company"]  # a fixture
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document(company: Tenant) -> dict:
    answer = Api(company).get("/api/v1/schema/?format=json")
    assert answer.status_code == 200
    return answer.json()


def operations(document: dict):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method} {path}", item[method]


def test_the_document_is_valid_and_nothing_in_it_is_guessed():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_every_address_is_in_the_document(document: dict):
    told = {re.sub(r"{\w+}", "{}", path) for path in document["paths"]}
    there = {
        "/api/v1/" + re.sub(r"<(?:\w+:)?\w+>", "{}", str(one.pattern))
        for one in get_resolver(urls).url_patterns
        if one.name not in ("api_schema", "api_docs")
    }
    assert told == there


def test_every_operation_shows_its_answers_and_its_problems(document: dict):
    seen = 0
    for name, operation in operations(document):
        seen += 1
        assert operation["summary"], name
        (scope,) = re.findall(r"Needs a key with the scope `(.+)`", operation["description"])
        assert scope in SCOPES, name
        answers = operation["responses"]
        assert {"401", "403", "429"} <= answers.keys(), name
        for status, answer in answers.items():
            kind = "application/json" if status < "400" else "application/problem+json"
            assert list(answer["content"]) == [kind], (name, status)
            assert ("RateLimit" in answer.get("headers", {})) == (status != "401"), (name, status)
        shown = [answer["content"] for status, answer in answers.items() if status < "400"]
        assert any("examples" in content["application/json"] for content in shown), name
    assert seen >= 13


def test_every_write_takes_an_idempotency_key(document: dict):
    writes = {name: one for name, one in operations(document) if not name.startswith("get ")}
    needed = {
        name: parameter.get("required", False)
        for name, operation in writes.items()
        for parameter in operation["parameters"]
        if parameter["name"] == "Idempotency-Key"
    }
    assert needed.keys() == writes.keys()
    # What has another permanent identity, sent with it.
    assert [name for name in needed if not needed[name]] == [
        "post /api/v1/activities",
        "post /api/v1/xapi/statements",
    ]
    for name, operation in writes.items():
        assert {"400", "409", "415", "422"} <= operation["responses"].keys(), name
        assert "examples" in operation["requestBody"]["content"]["application/json"], name


def test_the_docs_are_served_without_inline_scripts(company: Tenant):
    docs = Api(company).get("/api/v1/docs/")
    assert docs.status_code == 200
    assert b"<script>" not in docs.content
    assert "Content-Security-Policy" in docs
    script = Api(company).get("/api/v1/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert b"/api/v1/schema/" in script.content
