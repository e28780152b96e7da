"""What there is of one tenant, and who asks without being let in by a role."""

from dataclasses import dataclass, field
from uuid import UUID

from accounts.models import Account, Member, Staff, Tenant, User

CANARY = "CANARY"
STAFF = {
    "owner": "owner",
    "manager": "manager",
    "finance": "finance",
    "analyst": "analyst",
    "rep": "rep",
    "other_rep": "rep",
    "suspended_staff": "manager",
}
MEMBERS = {  # (number of the account, portal role)
    "viewer": ("1001", "viewer"),
    "member": ("1001", "member"),
    "admin": ("1001", "admin"),
    "neighbor": ("1002", "admin"),
    "suspended_member": ("1001", "admin"),
}
ANONYMOUS = ("anonymous", "key_write", "key_read", "key_revoked", "key_other")
OUTSIDERS = ("suspended_staff", "suspended_member", "other_owner")


@dataclass
class Side:
    """What there is of one tenant, by the names of roles and things."""

    tenant: Tenant
    people: dict[str, User]
    staff: dict[str, Staff] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    things: dict[str, UUID] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
