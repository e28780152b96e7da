"""What must be true of the partner programs, room by room; see `accounts.books`."""

from collections.abc import Sequence

from accounts.books import Invariant
from partners.deals.books import DEALS
from partners.directory.books import DIRECTORY
from partners.funds.books import FUNDS
from partners.leads.books import LEADS
from partners.paying.books import PAYING
from partners.plans.books import PLANS
from partners.referrals.books import REFERRALS
from partners.spiffs.books import SPIFFS
from partners.support.books import SUPPORT
from partners.surveys.books import SURVEYS
from partners.training.books import TRAINING


def per_tenant() -> Sequence[Invariant]:
    return (
        *DEALS,
        *DIRECTORY,
        *FUNDS,
        *LEADS,
        *PAYING,
        *PLANS,
        *REFERRALS,
        *SPIFFS,
        *SUPPORT,
        *SURVEYS,
        *TRAINING,
    )
