"""Reported purchases as partners and staff read them."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import Claim, ClaimState

LOOKS = {
    ClaimState.OPEN: ("clock", "warn"),
    ClaimState.APPROVED: ("check-circle", "good"),
    ClaimState.REJECTED: ("x-circle", "bad"),
}


@dataclass(frozen=True, slots=True)
class ClaimWords:
    claim: Claim
    state: str
    icon: str
    tone: str


def claim_words(claims: Iterable[Claim]) -> list[ClaimWords]:
    return [
        ClaimWords(claim, claim.get_state_display(), *LOOKS[ClaimState(claim.state)])
        for claim in claims
    ]
