"""The one door for facts: in one transaction they become points, standings and events."""

from rewards.intake.door import take_in
from rewards.intake.outcome import Given, Outcome, TakenBack

__all__ = ["Given", "Outcome", "TakenBack", "take_in"]
