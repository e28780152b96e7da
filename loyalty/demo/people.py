"""Who signs in at the demo's company and at the businesses it sells through.

The password stands here for everyone to read: these people are made by `seed_demo` alone, which
refuses to run in production.
"""

import random
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.models import Account, Member, Staff, User
from accounts.models.people import BusinessRole, PortalRole, StaffRole
from loyalty.demo.businesses import Business

PASSWORD = "acme-demo-2026"

STAFF = {  # the part of the e-mail before @acme.example -> name, role
    "morgan": ("Morgan Hale", StaffRole.OWNER),
    "jordan": ("Jordan Reyes", StaffRole.MANAGER),
    "alex": ("Alex Kimura", StaffRole.FINANCE),
    "erin": ("Erin Walsh", StaffRole.FINANCE),
    "sam": ("Sam Okafor", StaffRole.ANALYST),
    "marcus": ("Marcus Bell", StaffRole.REP),
    "dana": ("Dana Whitfield", StaffRole.REP),
    "priya": ("Priya Raman", StaffRole.REP),
}
MANAGER, REP = "jordan", "marcus"

PARTNER = "Casey Lindqvist"  # admin of the first business; the partner who signs in
GIVEN = ("Avery", "Blake", "Carmen", "Devon", "Elena", "Frank", "Grace", "Hector", "Ines", "Joel",
         "Kira", "Liam", "Maya", "Noah", "Olive", "Pablo", "Quinn", "Rosa", "Stefan", "Tara",
         "Uma", "Victor", "Wendy", "Xavier", "Yara", "Zane")  # fmt: skip
FAMILY = ("Abbott", "Barnes", "Castillo", "Dawson", "Ellison", "Fuentes", "Garner", "Hoffman",
          "Ivanov", "Jensen", "Keller", "Lowell", "Mercer", "Nolan", "Ortega", "Park", "Quigley",
          "Romero", "Sato", "Tanner", "Ueda", "Vance", "Walsh", "Yates", "Zimmer")  # fmt: skip


class SignIn(NamedTuple):
    """Where somebody signs in, and as whom. `host` has no port."""

    who: str
    path: str
    host: str
    email: str
    password: str


def staff_email(key: str) -> str:
    return f"{key}@acme.example"


def partner_email(business: Business) -> str:
    return f"{PARTNER.split()[0].lower()}@{business.domain}"


def add_staff() -> dict[str, Staff]:
    """The company's people, all with PASSWORD, by the key of STAFF."""
    kept = make_password(PASSWORD)  # once: it is slow by intention
    return {
        key: Staff.objects.create(user=_person(staff_email(key), kept), name=name, role=role)
        for key, (name, role) in STAFF.items()
    }


def add_members(people: Iterable[Business], accounts: Mapping[str, Account]) -> None:
    """One to three persons at each business. The partner alone has a password; the others would
    ask for a code by e-mail, as people do who came by invitation."""
    for business in people:
        dice = random.Random(f"people {business.number}")
        roles = [PortalRole.ADMIN, PortalRole.MEMBER, PortalRole.VIEWER][: dice.randint(1, 3)]
        names = [f"{given} {dice.choice(FAMILY)}" for given in dice.sample(GIVEN, k=len(roles))]
        if business.place == 0:
            names[0] = PARTNER
        for role, name in zip(roles, names, strict=True):
            email = f"{name.split()[0].lower()}@{business.domain}"
            Member.objects.create(
                account=accounts[business.number],
                user=_person(email, make_password(PASSWORD if name == PARTNER else None)),
                name=name,
                portal_role=role,
                business_role=dice.choice(BusinessRole.values),
            )


def _person(email: str, password_hash: str) -> User:
    """A new person, or the one who has this e-mail already, as they are."""
    user, is_new = User.objects.get_or_create(email=email, defaults={"password": password_hash})
    if is_new:
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user
