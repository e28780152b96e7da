"""Views of lists that people keep under a name: for themselves, or for all who read the list."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from accounts.events import record
from accounts.models import SavedView, Staff

LONGEST_QUERY = 2000
MOST_OWN = 50


class CannotSave(ValueError):
    """Its text says what to change; nothing was saved."""


def views_of(staff: Staff, *, list_code: str = "") -> QuerySet[SavedView]:
    """One's own views and those that colleagues share; one's own first."""
    mine = Q(staff_id=staff.pk)
    found = SavedView.objects.filter(mine | Q(is_shared=True), removed_at=None)
    if list_code:
        found = found.filter(list=list_code)
    return found.annotate(is_own=mine).order_by("list", "-is_own", "name", "id")


def save_view(
    *,
    staff: Staff,
    list_code: str,
    name: str,
    query: str,
    is_shared: bool,
    is_default: bool,
    now: datetime,
) -> SavedView:
    """Keep `query` under `name`; one's own view of that name is replaced. Raises CannotSave."""
    name = name.strip()
    if not name or len(name) > 60:
        raise CannotSave(gettext("Give the view a name of at most 60 characters."))
    if len(query) > LONGEST_QUERY:
        raise CannotSave(gettext("These filters are too long to keep; leave some out."))
    with transaction.atomic():
        # One after the other: of two that become the default at once, one would break the index.
        Staff.objects.select_for_update(no_key=True).get(pk=staff.pk)
        own = SavedView.objects.filter(staff=staff, removed_at=None)
        view = own.filter(list=list_code, name=name).first()
        if view is None and own.count() >= MOST_OWN:
            raise CannotSave(
                gettext("You keep %(most_own)s views already; remove one first.")
                % {"most_own": MOST_OWN}
            )
        if is_default:
            own.filter(list=list_code, is_default=True).update(is_default=False)
        view = view or SavedView(staff=staff, list=list_code, name=name, created_at=now)
        was_shared = view.is_shared
        view.query, view.is_shared, view.is_default = query, is_shared, is_default
        view.save()
        if is_shared or was_shared:
            _tell("view.shared" if is_shared else "view.withdrawn", view, staff, now)
    return view


def change_view(
    *, view_id: UUID, staff: Staff, is_shared: bool, is_default: bool, now: datetime
) -> SavedView:
    """Share one's own view or not, and open the list with it or not."""
    view = SavedView.objects.get(pk=view_id, staff=staff, removed_at=None)
    return save_view(
        staff=staff,
        list_code=view.list,
        name=view.name,
        query=view.query,
        is_shared=is_shared,
        is_default=is_default,
        now=now,
    )


@transaction.atomic
def remove_view(*, view_id: UUID, staff: Staff, now: datetime) -> SavedView:
    """One's own; a shared one is gone for everybody."""
    view = SavedView.objects.select_for_update().get(pk=view_id, staff=staff, removed_at=None)
    view.removed_at, view.is_default = now, False
    view.save(update_fields=["removed_at", "is_default"])
    if view.is_shared:
        _tell("view.withdrawn", view, staff, now)
    return view


def _tell(kind: str, view: SavedView, staff: Staff, now: datetime) -> None:
    """What only its owner sees is nobody else's business."""
    record(
        kind=kind,
        occurred_at=now,
        recorded_at=now,
        actor=staff.actor,
        subject=f"view:{view.pk}",
        payload={"list": view.list, "name": view.name, "query": view.query},
    )
