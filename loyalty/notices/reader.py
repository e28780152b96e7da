"""Who reads notices: somebody with a place here, in the face that they work in."""

from typing import cast

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Account, Notice, User
from accounts.models.people import StaffRole
from accounts.notices.inbox import inbox
from accounts.notices.kinds import Kind, kinds_for


def reader_of(request: HttpRequest) -> User:
    """Who asks, which the page's door has made sure is somebody."""
    return cast(User, request.user)


def own_notices(request: HttpRequest) -> QuerySet[Notice]:
    """All that was said to who asks."""
    return inbox(user_id=reader_of(request).pk, staff=request.staff, members=request.members)


def frame_of(request: HttpRequest) -> str:
    """The template that these pages are shown in."""
    if not request.staff:
        return "portal/base.html"
    return "field/base.html" if request.staff.role == StaffRole.REP else "console/base.html"


def is_rep(request: HttpRequest) -> bool:
    """Whether they are told of accounts as these accounts' rep."""
    if not request.staff:
        return False
    return (
        request.staff.role == StaffRole.REP
        or Account.objects.filter(rep_id=request.staff.pk).exists()
    )


def own_kinds(request: HttpRequest) -> list[Kind]:
    roles = frozenset(member.portal_role for member in request.members)
    return kinds_for(is_rep=is_rep(request), portal_roles=roles)


def actor_of(request: HttpRequest) -> str:
    return request.staff.actor if request.staff else request.members[0].actor
