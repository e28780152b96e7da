"""A certificate as an Open Badges 3.0 credential (1EdTech), a W3C Verifiable Credential 2.0.

It is signed as a JWT (section 8.2 of Open Badges 3.0): the payload is the credential itself, with
the registered claims iss, jti, nbf, sub and exp beside its members, and the header's `kid` is where
the issuer's public key is read. Who the holder is, is said only if they want it said.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.periods import start_of
from partners.badges.keys import base64url, sign
from partners.models import Certificate, Credential, IssuerKey

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
TYPES = ["VerifiableCredential", "OpenBadgeCredential"]


@dataclass(frozen=True, slots=True)
class Issuer:
    """The tenant as the issuer of badges; `home` is the address under which they are found."""

    name: str
    home: str
    zone: ZoneInfo

    @property
    def badges(self) -> str:
        return f"{self.home}/badges"

    def of(self, certificate: Certificate, ending: str = "/") -> str:
        return f"{self.badges}/{certificate.address}{ending}"

    def key(self, key: IssuerKey) -> str:
        return f"{self.badges}/keys/{key.pk}.json"


def profile(issuer: Issuer) -> dict[str, Any]:
    """Who issues."""
    return {
        "id": f"{issuer.badges}/issuer.json",
        "type": ["Profile"],
        "name": issuer.name,
        "url": f"{issuer.home}/",
    }


def achievement(credential: Credential, certificate: Certificate, issuer: Issuer) -> dict[str, Any]:
    """What was achieved, and how."""
    about = credential.about or credential.name
    return {
        "id": f"urn:uuid:{credential.pk}",
        "type": ["Achievement"],
        "achievementType": "Certificate",
        "name": credential.name,
        "description": about,
        "criteria": {"narrative": _criteria(credential)},
        "image": {"id": issuer.of(certificate, ".svg"), "type": "Image"},
    }


def credential(certificate: Certificate, issuer: Issuer) -> dict[str, Any]:
    """The credential of a certificate whose credential, course and path are loaded, not signed."""
    subject: dict[str, Any] = {
        "id": f"urn:uuid:{certificate.pk}",
        "type": ["AchievementSubject"],
        "achievement": achievement(certificate.credential, certificate, issuer),
    }
    if certificate.shows_name:
        subject["identifier"] = [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": certificate.holder,
                "identityType": "name",
            }
        ]
    said = {
        "@context": CONTEXT,
        "id": issuer.of(certificate, ".json"),
        "type": TYPES,
        "issuer": profile(issuer),
        "name": certificate.credential.name,
        "validFrom": _instant(certificate.issued_at),
        "credentialSubject": subject,
        "credentialStatus": {
            "id": issuer.of(certificate, "/status.json"),
            "type": "1EdTechRevocationList",
        },
        "refreshService": {
            "id": issuer.of(certificate, ".json"),
            "type": "1EdTechCredentialRefresh",
        },
    }
    ends = _ends_at(certificate, issuer.zone)
    return said | ({"validUntil": _instant(ends)} if ends else {})


def status(certificate: Certificate, issuer: Issuer) -> dict[str, Any]:
    """What is revoked: this one, or nothing. A list of all would give their addresses away."""
    revoked = [{"id": issuer.of(certificate, ".json"), "revoked": True}]
    return {
        "id": issuer.of(certificate, "/status.json"),
        "issuer": profile(issuer)["id"],
        "revokedCredential": revoked if certificate.revoked_at else [],
    }


def signed(certificate: Certificate, issuer: Issuer, key: IssuerKey) -> str:
    """The credential as a compact JWT."""
    said = credential(certificate, issuer)
    claims = said | {
        "iss": said["issuer"]["id"],
        "jti": said["id"],
        "sub": said["credentialSubject"]["id"],
        "nbf": int(certificate.issued_at.timestamp()),
    }
    if ends := _ends_at(certificate, issuer.zone):
        claims["exp"] = int(ends.timestamp())
    header = {"alg": "EdDSA", "typ": "JWT", "kid": issuer.key(key)}
    message = f"{_part(header)}.{_part(claims)}"
    return f"{message}.{base64url(sign(key, message.encode()))}"


def _part(content: dict[str, Any]) -> str:
    return base64url(json.dumps(content, separators=(",", ":")).encode())


def _criteria(what: Credential) -> str:
    if what.course:
        return f"Completed the course “{what.course.name}”."
    if what.path:
        return f"Completed the learning path “{what.path.name}”."
    return "Examined by the issuer."


def _ends_at(certificate: Certificate, zone: ZoneInfo) -> datetime | None:
    """The last second of its last local day."""
    if certificate.valid_until is None:
        return None
    return start_of(certificate.valid_until + timedelta(days=1), zone) - timedelta(seconds=1)


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
