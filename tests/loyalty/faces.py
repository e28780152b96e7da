"""Reading the faces' pages as somebody."""

import re
from datetime import UTC, datetime
from html import unescape

from django.test import Client
from django.utils.html import strip_tags

from accounts.models import Tenant, User
from tests.factories import ProgramFactory, publish_rule, publish_scheme

LADDER = (("Member", 0, "1"), ("Silver", 2_500_000, "1.25"), ("Gold", 10_000_000, "1.5"))
NOW = datetime(2026, 5, 20, 16, tzinfo=UTC)  # noon in New York, in the second quarter


def client_of(tenant: Tenant, user: User) -> Client:
    client = Client(headers={"host": f"{tenant.slug}.localhost"})
    client.force_login(user)
    return client


def text_of(response) -> str:
    """What a reader sees, with every run of white space as one space."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(strip_tags(re.sub(r">\s*<", "> <", body))).split())


def hidden(response) -> dict[str, str]:
    """The hidden fields of the form that a page would send back."""
    found = re.findall(
        r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', response.content.decode()
    )
    return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def running_program(**fields):
    """1 point per dollar times the tier; Silver from $25,000 a quarter, Gold from $100,000."""
    program = ProgramFactory(points_expiry={"policy": "quarter_end", "plus": 1}, **fields)
    publish_rule(program, code=f"{program.slug}-purchases")
    publish_scheme(program, *LADDER)
    return program
