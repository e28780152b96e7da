"""What speaks for and against a claimed sale. Nothing is refused for it: somebody looks.

Codes are put into words by `loyalty.spiff_words`.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Func, Sum
from django.db.models.functions import Upper

from accounts.models import Activity
from partners.models import SpiffClaim, SpiffSerial

MOST_NAMED = 5
_WITHOUT_SPACES = r"%(function)s(%(expressions)s, '\s+', '', 'g')"  # as `claiming.key_of` does


def examine(claim: SpiffClaim, serials: Sequence[str]) -> tuple[UUID | None, list[dict[str, Any]]]:
    """(the sale among the account's facts, what was found)."""
    activity = _sale(claim)
    flags: list[dict[str, Any]] = []
    if activity is None:
        flags.append({"code": "no_sale"})
    else:
        left = activity.quantity + _returned(activity.pk)
        if left < claim.quantity:
            flags.append({"code": "fewer_sold", "sold": f"{left.normalize():f}"})
    others = SpiffClaim.objects.filter(spiff=claim.spiff, document_key=claim.document_key)
    others = others.exclude(account_id=claim.account_id).exclude(pk=claim.pk)
    if found := others.select_related("account").order_by("claimed_at").first():
        flags.append(
            {"code": "same_document", "account": found.account.name, "claim": found.reference}
        )
    before = SpiffSerial.objects.filter(spiff=claim.spiff, serial__in=serials, is_live=False)
    if named := list(before.values_list("serial", flat=True).distinct()[:MOST_NAMED]):
        flags.append({"code": "serial_before", "serials": named})
    return (activity.pk if activity else None), flags


def _sale(claim: SpiffClaim) -> Activity | None:
    """The account's fact of the document and the product, the largest where it is in parts."""
    number = Func(Upper("external_id"), function="regexp_replace", template=_WITHOUT_SPACES)
    facts = Activity.objects.alias(number=number).filter(
        account_id=claim.account_id,
        product_id=claim.product_id,
        number=claim.document_key,
        reverses=None,
    )
    return facts.order_by("-quantity", "id").first()


def _returned(activity_id: UUID) -> Any:
    """Below zero: what was taken back of it so far."""
    back = Activity.objects.filter(reverses_id=activity_id)
    return back.aggregate(sum=Sum("quantity"))["sum"] or 0
