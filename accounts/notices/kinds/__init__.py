"""The kinds of notices: what each says, to whom, how often, and whether it may be turned off.

Texts are English and are marked for translation; `accounts/locale` has the other languages. Each
business has its kinds in a module of its own; screens list them in the order of `KINDS`.
"""

from accounts.notices.kinds.awards import AWARDS
from accounts.notices.kinds.deals import DEALS
from accounts.notices.kinds.declared import Kind, Value
from accounts.notices.kinds.funds import FUNDS
from accounts.notices.kinds.leads import LEADS
from accounts.notices.kinds.outcomes import FUND_STEPS, OUTCOMES, STATES, STEPS
from accounts.notices.kinds.plans import PLANS
from accounts.notices.kinds.programs import PROGRAMS
from accounts.notices.kinds.rebates import REBATES
from accounts.notices.kinds.redemptions import REDEMPTIONS
from accounts.notices.kinds.referrals import REFERRALS
from accounts.notices.kinds.spiffs import SPIFFS
from accounts.notices.kinds.support import SUPPORT
from accounts.notices.kinds.surveys import SURVEYS
from accounts.notices.kinds.tiers import TIERS
from accounts.notices.kinds.training import TRAINING

__all__ = ["FUND_STEPS", "KINDS", "OUTCOMES", "STATES", "STEPS", "Kind", "Value", "kinds_for"]

KINDS = {
    kind.code: kind
    for kind in (
        *PROGRAMS,
        *TIERS,
        *REDEMPTIONS,
        *DEALS,
        *SPIFFS,
        *AWARDS,
        *REFERRALS,
        *SURVEYS,
        *TRAINING,
        *SUPPORT,
        *FUNDS,
        *LEADS,
        *PLANS,
        *REBATES,
    )
}


def kinds_for(*, is_rep: bool, portal_roles: frozenset[str]) -> list[Kind]:
    """The kinds that reach somebody with these roles: nobody is asked about others."""
    return [
        kind
        for kind in KINDS.values()
        if (is_rep and kind.audience.rep)
        or (
            portal_roles
            and (not kind.audience.portal_roles or portal_roles & {*kind.audience.portal_roles})
        )
    ]
