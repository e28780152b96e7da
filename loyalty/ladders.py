"""What pages about tiers need of a tenant: its measures, its ladders, and how both are said."""

from datetime import datetime

from accounts.models import Program, Tenant
from loyalty.criteria_words import CriteriaWords
from loyalty.measure_words import measure_words
from rewards.voice import Voice
from tiers.progress import ladders_in_force, names_of


def criteria_words(*, voice: Voice, program: Program, at: datetime) -> CriteriaWords:
    ladders = ladders_in_force([program.pk], at=at)
    return CriteriaWords(measures=measure_words(voice), ladders=names_of(ladders))
