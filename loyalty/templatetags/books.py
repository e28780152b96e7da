"""What the check of the books found, for the banner over every page of the console."""

from typing import Any

from django import template

from accounts.models import Tenant
from loyalty import nightly
from rewards.voice import voice_of

register = template.Library()


@register.simple_tag
def found_last(tenant: Tenant) -> dict[str, Any]:
    """The violations that the last check found, and the tenant's voice."""
    last = nightly.last_check()
    return {
        "violations": last.outcome["violations"] if last else [],
        "voice": voice_of(tenant),
    }
