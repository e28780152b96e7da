"""The one door for facts: in one transaction they become points, standings and events."""

from rewards.intake.door import take_in
from rewards.intake.outcome import Given, Outcome, TakenBack
from rewards.intake.triage import came_twice

__all__ = ["Given", "Outcome", "TakenBack", "came_twice", "take_in"]
