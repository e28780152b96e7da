"""Rewards that were asked for."""

from django.utils.translation import gettext_noop as _

from accounts.models.notice import Frequency
from accounts.notices.kinds.audiences import ADMINS
from accounts.notices.kinds.declared import Kind, Placeholder, Value
from accounts.notices.kinds.placeholders import EVERYWHERE

REDEMPTIONS = (
    Kind(
        code="redemption_decided",
        name=_("Redemption decided"),
        says=_("What became of a reward you have asked for."),
        audience=ADMINS,
        subject=_("{{ reward }}: {{ state }}"),
        body=_(
            "Hello {{ name }},\n\n“{{ reward }}” for {{ points }} ({{ reference }}): {{ state }}."
            "\n\n{{ note }}"
        ),
        placeholders=(
            *EVERYWHERE,
            Placeholder("reward", "What was asked for", Value.TEXT, "Gift card"),
            Placeholder("state", "What became of it", Value.STATE, "approved"),
            Placeholder("points", "What it costs", Value.POINTS, 2500),
            Placeholder("reference", "Its number", Value.TEXT, "R-1A2B3C4D"),
            Placeholder("note", "What was noted for the reader", Value.TEXT, "It ships on Friday."),
        ),
        often=Frequency.AT_ONCE,
        choices=(Frequency.AT_ONCE,),
        may_unsubscribe=False,
    ),
)
