"""What terms of an agreement are chosen from, as people call it."""

from django.utils.translation import gettext_lazy

from loyalty.console.agreement_terms import GIVEN
from rebates.terms import (
    ABSOLUTE,
    BASELINE,
    EXCESS,
    FIXED,
    GROWTH,
    GUARANTEED,
    IGNORED,
    IN_THEIR_MONTH,
    INCREMENTAL,
    POINTS,
    PREVIOUS,
    QUANTITY,
    TARGET,
    VALUE,
    WHOLE,
    WITH_THE_ORIGINAL,
    YEAR_BEFORE,
)

MEASURES = [
    (VALUE, gettext_lazy("Value of what was bought")),
    (QUANTITY, gettext_lazy("Quantity")),
    (POINTS, gettext_lazy("Points earned")),
]
POSITIONS = [
    (ABSOLUTE, gettext_lazy("At a volume")),
    (BASELINE, gettext_lazy("At percent of a baseline")),
    (TARGET, gettext_lazy("At percent of a target")),
]
METHODS = [
    (WHOLE, gettext_lazy("The band reached, on the whole volume")),
    (EXCESS, gettext_lazy("The band reached, on what is above the base or the first band")),
    (INCREMENTAL, gettext_lazy("Each band, on the part within it")),
    (GROWTH, gettext_lazy("The band reached, on the growth above the base")),
    (FIXED, gettext_lazy("A fixed amount for the band reached")),
    (GUARANTEED, gettext_lazy("A guaranteed rate, and the band reached on top")),
]
RETURNS = [
    (WITH_THE_ORIGINAL, gettext_lazy("Taken off where the goods were bought")),
    (IN_THEIR_MONTH, gettext_lazy("Taken off in the month in which they come back")),
    (IGNORED, gettext_lazy("Not taken off")),
]
BASES = [
    ("", gettext_lazy("None: bands begin at volumes")),
    (GIVEN, gettext_lazy("A number given here")),
    (PREVIOUS, gettext_lazy("The mean of the periods before")),
    (YEAR_BEFORE, gettext_lazy("The same periods a year before")),
]
