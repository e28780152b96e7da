"""A stretch of real history run again under a draft program, beside what happened.

The engine is the real one: the history goes through the one door once more, in a scratch workspace
that lives in a transaction and is rolled back. Nothing is written that stays, no live row is
locked, and what the draft would have done is what it will do. `replay.scratch` makes the
workspace, `replay.rerun` lives through the history, `replay.figures` adds both up,
`replay.jobs` keeps what was asked for and what came out.
"""

from rewards.replay.drafts import Draft
from rewards.replay.figures import Figures, Line, compared, figures_of, total
from rewards.replay.rerun import Rerun, rerun
from rewards.replay.scratch import TooLong

__all__ = [
    "Draft",
    "Figures",
    "Line",
    "Rerun",
    "TooLong",
    "compared",
    "figures_of",
    "rerun",
    "total",
]
