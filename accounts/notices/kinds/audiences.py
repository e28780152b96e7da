"""To whom of an account a kind of notice may go."""

from accounts.models.people import PortalRole
from accounts.notices.kinds.declared import Audience

EVERYBODY = Audience()
EVERYBODY_AND_REP = Audience(rep=True)
THOSE_WHO_REDEEM = Audience(portal_roles=(PortalRole.ADMIN, PortalRole.MEMBER), rep=True)
THOSE_WHO_REPORT = Audience(portal_roles=(PortalRole.ADMIN, PortalRole.MEMBER))
ADMINS = Audience(portal_roles=(PortalRole.ADMIN,))
ADMINS_AND_REP = Audience(portal_roles=(PortalRole.ADMIN,), rep=True)
THOSE_WHO_SELL = Audience(portal_roles=(PortalRole.ADMIN, PortalRole.MEMBER), rep=True)
