"""Ready-made schemes: real partner programs as data, to start a draft from.

Each carries its own worked example, which tests and the console run through the code that judges in
earnest.
"""

from tiers.ready_made.scheme import (
    Case,
    ReadyMade,
    Said,
    Scale,
    Step,
    Worked,
    rungs_as_json,
    stored,
    worked,
)
from tiers.ready_made.schemes import READY_MADE

__all__ = [
    "READY_MADE",
    "Case",
    "ReadyMade",
    "Said",
    "Scale",
    "Step",
    "Worked",
    "rungs_as_json",
    "stored",
    "worked",
]
