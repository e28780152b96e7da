"""Documents of a deal: an offer, an order, whatever shows how it stands."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.files import Upload, keep_upload
from partners.deals.steps import NotNow, locked, moved
from partners.models import Deal, DealDocument, DealState

MOST = 20


def add_document(
    deal_id: UUID, upload: Upload, *, account_id: UUID, actor: str, now: datetime
) -> Deal:
    """Keep a file with the deal, for the people of `account_id`. Raises NotNow, and CannotKeep for
    one that cannot be kept."""
    with transaction.atomic():
        deal = locked(deal_id, states=(DealState.REGISTERED, DealState.APPROVED, DealState.WON))
        if deal.documents.count() >= MOST:
            raise NotNow(_("A deal has at most %d documents.") % MOST)
        kept = keep_upload(upload, account_id=account_id, actor=actor, now=now)
        DealDocument.objects.create(deal=deal, file=kept)
        return moved(deal, "document_added", actor=actor, now=now, note=kept.name)
