"""Which enrollments a member may look at: those of their own accounts."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest

from accounts.models import Enrollment
from accounts.models.directory import EnrollmentState
from partners.models import DirectoryTerms
from rebates.models import Accrual, Agreement, AgreementState, Party

LEVELS = (1, 2, 3)  # of heads of a buying group for whose agreements the navigation has a link


def own_enrollments(request: HttpRequest) -> QuerySet[Enrollment]:
    """Of the reader's accounts, by account and program; what an account left is not shown.

    `has_rebates` says whether a program has agreements that an account may read, `has_directory`
    whether there is a public directory to be in.
    """
    return (
        Enrollment.objects.filter(account_id__in=[member.account_id for member in request.members])
        .exclude(state=EnrollmentState.LEFT)
        .select_related("account", "program")
        .annotate(
            has_rebates=Exists(_agreements()) | Exists(_accruals()),
            has_directory=Exists(DirectoryTerms.objects.filter(is_open=True)),
        )
        .order_by("account__name", "program__name", "id")
    )


def _agreements() -> QuerySet[Agreement]:
    """With the account, with a group of the program that it may be in, or with the head of its
    buying group."""
    group = Q()
    for level in LEVELS:  # which shows them their own part
        group |= Q(
            party=Party.FAMILY, account=OuterRef("__".join(["account", *["parent"] * level]))
        )
    theirs = Q(account=OuterRef("account")) | Q(account=None) | group
    found = Agreement.objects.filter(theirs, program=OuterRef("program"))
    return found.exclude(state=AgreementState.DRAFT)


def _accruals() -> QuerySet[Accrual]:
    return Accrual.objects.filter(
        account=OuterRef("account"), agreement__program=OuterRef("program")
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
