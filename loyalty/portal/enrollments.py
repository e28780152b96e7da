"""Which enrollments a member may look at: those of their own accounts."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from accounts.models import Enrollment
from accounts.models.directory import EnrollmentState


def own_enrollments(request: HttpRequest) -> QuerySet[Enrollment]:
    """Of the reader's accounts, by account and program; what an account left is not shown."""
    return (
        Enrollment.objects.filter(account_id__in=[member.account_id for member in request.members])
        .exclude(state=EnrollmentState.LEFT)
        .select_related("account", "program")
        .order_by("account__name", "program__name", "id")
    )


def own_enrollment(
    request: HttpRequest, enrollment_id: UUID
) -> tuple[Enrollment, list[Enrollment]]:
    """The enrollment and all others that the reader may switch to.

    Raises Http404 for another account's, another tenant's and none alike.
    """
    enrollments = list(own_enrollments(request))
    for enrollment in enrollments:
        if enrollment.id == enrollment_id:
            return enrollment, enrollments
    raise Http404
