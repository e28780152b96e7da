from partners.models.deals import (
    Credits,
    Deal,
    DealDocument,
    DealForm,
    DealKey,
    DealProduct,
    DealState,
)
from partners.models.plans import (
    Plan,
    PlanDone,
    PlanGoal,
    PlanNote,
    PlanState,
    PlanVersion,
    Side,
)
from partners.models.support import SupportRequest, SupportState, SupportType
from partners.models.surveys import Occasion, Scale, Survey, SurveyAsked

__all__ = [
    "Credits",
    "Deal",
    "DealDocument",
    "DealForm",
    "DealKey",
    "DealProduct",
    "DealState",
    "Occasion",
    "Plan",
    "PlanDone",
    "PlanGoal",
    "PlanNote",
    "PlanState",
    "PlanVersion",
    "Scale",
    "Side",
    "SupportRequest",
    "SupportState",
    "SupportType",
    "Survey",
    "SurveyAsked",
]
