"""Who may decide on a statement: nobody on what is theirs, by whichever of their hands."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from accounts.hands import accounts_of
from rebates.models import Dispute, DisputeState, LineState, Statement


def why_partial(statement: Statement, hands: Collection[str]) -> str:
    """Why the person with these hands decides nothing of the statement; "" where they may."""
    if statement.account_id in accounts_of(hands):
        return _("You belong to the account that is paid: ask another person.")
    if statement.accepted_by in hands:
        return _("You accepted the statement for the partner: ask another person.")
    return ""


def why_not_settled_by(statement: Statement, hands: Collection[str]) -> str:
    """The same of approving what it settles. One person alone could pay out any sum, if who agreed
    on another amount than was calculated approved it as well; or who wrote and offered terms
    that no partner had to accept, since the system prepares the statement."""
    agreed = Dispute.objects.filter(
        line__statement=statement,
        line__state__in=(LineState.STATED, LineState.RESOLVED),
        state=DisputeState.AGREED,
        resolved_by__in=hands,
    )
    if agreed.exists():
        return _("You agreed on an amount in a dispute of it: ask another person to approve it.")
    version = statement.version
    if not version.needs_acceptance and {*version.authors, version.published_by} <= {*hands}:
        return _(
            "You alone wrote and offered its terms: ask another person to approve what they pay."
        )
    return why_partial(statement, hands)
