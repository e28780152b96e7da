"""Tiers: what is near, what is at risk, what has changed."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import EVERYBODY_AND_REP
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import EVERYWHERE

TIERS = (
    Kind(
        code="tier_near",
        name=_("Near the next tier"),
        says=_("Your account is close to the next tier."),
        audience=EVERYBODY_AND_REP,
        subject=_("{{ tier }} is near"),
        body=_(
            "{{ account }} is close to {{ tier }} in {{ program }}: at least {{ percent }}% of "
            "the way, with time until {{ day }}. The portal shows what is still missing."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("tier", "The next tier", Value.TEXT, "Gold"),
            Placeholder("percent", "How much of the way is done at least", Value.NUMBER, 85),
            Placeholder("day", "The last day to reach it", Value.DAY, "2026-06-30"),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
    Kind(
        code="tier_at_risk",
        name=_("About to lose a tier"),
        says=_("Your account will lose its tier unless something happens."),
        audience=EVERYBODY_AND_REP,
        subject=_("{{ tier }} is at risk"),
        body=_(
            "{{ account }} will lose {{ tier }} in {{ program }} on {{ day }}, unless it is earned "
            "again by then. The portal shows what it takes to keep it."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("tier", "The tier at risk", Value.TEXT, "Gold"),
            Placeholder("day", "When it would be lost", Value.DAY, "2026-04-30"),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.AT_ONCE,
    ),
    Kind(
        code="tier_changed",
        name=_("Tier changed"),
        says=_("Your account has another tier."),
        audience=EVERYBODY_AND_REP,
        subject=_("{{ account }} is {{ tier }} now"),
        body=_(
            "{{ account }} has the tier {{ tier }} in {{ program }} since {{ day }}; before, it "
            "was {{ tier_before }}."
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("tier", "The tier it has now", Value.TEXT, "Gold"),
            Placeholder("tier_before", "The tier it had before", Value.TEXT, "Silver"),
            Placeholder("day", "Since when", Value.DAY, "2026-03-31"),
        ),
        often=Frequency.AT_ONCE,
        often_to_rep=Frequency.DAILY,
    ),
)
