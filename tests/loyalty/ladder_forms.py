"""Forms of ladders as a browser sends them."""

import re

from tiers.models import SchemeVersion

LADDERS = "/console/tiers/"
TIER = {"name": "Silver", "code": "silver", "multiplier": "1.25", "match": "all", "number": ""}


def draft_of(manager, program) -> SchemeVersion:
    """The next version of the program's ladder, drafted by a press of a button."""
    version = SchemeVersion.objects.get(scheme__program=program)
    page = manager.post(f"{LADDERS}{version.pk}/next/")
    return SchemeVersion.objects.get(pk=re.findall(r"[0-9a-f-]{36}", page["Location"])[0])


def rows(**first: str) -> dict[str, list[str]]:
    """The rows of a tier's form as a browser sends them: one filled in, two that are empty."""
    usual = {"of": "", "window": "quarter", "take": "total", "op": "gte"}
    names = ("of", "window", "take", "op", "wanted", "weight", "least")
    return {
        name: [first.get(name, usual.get(name, "")), *2 * [usual.get(name, "")]] for name in names
    }
