"""The kinds of behavior that every new tenant can record from its first day; it may add its own."""

from accounts.models import ActivityKind

# code -> name
STARTING_KINDS = {
    "purchase": "Purchase",
    "return": "Return",
    "renewal": "Renewal",
    "training": "Training completed",
    "certificate": "Certificate earned",
    "referral": "Referral",
    "deal": "Deal registered",
    "event": "Event attended",
    "co_marketing": "Co-marketing activity",
    "advocacy": "Case study or advocacy",
    "pipeline": "Pipeline contribution",
    "satisfaction": "Satisfaction score",
    "sustainable_choice": "Sustainable choice",
}


def add_starting_kinds() -> None:
    """Give the open tenant, which has none yet, the starting kinds."""
    ActivityKind.objects.bulk_create(
        ActivityKind(code=code, name=name) for code, name in STARTING_KINDS.items()
    )
