"""What the steps of training have in common: what a person is told when something does not go."""

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.hands import has_hand_in
from accounts.models import Member
from accounts.validity import lock_accounts_of

# No other source may say what these facts say: whoever sends facts cannot choose it.
SOURCE = "system:training"
TRAINING, CERTIFICATE, RETURN = "training", "certificate", "return"


class CannotDo(ValueError):
    """A rule does not allow it; its text says why. Nothing changed."""


class OtherContent(ValueError):
    """What came under this identity before said something else; nothing changed."""

    def __init__(self) -> None:
        super().__init__(
            _("This came in before with other content. Use an identity of its own, or revoke it.")
        )


def locked_person(member_id: UUID) -> Member:
    """The member, with all the accounts of the person locked: what one person completes, earns and
    renews happens one after the other. Raises Member.DoesNotExist."""
    member = Member.objects.get(pk=member_id)
    lock_accounts_of(member.user_id)
    return Member.objects.select_related("account", "user").get(pk=member_id)


def refuse_own(member: Member, by: str) -> None:
    """Nobody certifies themselves, or the people of an account they belong to. Raises CannotDo."""
    if has_hand_in(by, actors=[member.actor], account_ids=[member.account_id]):
        raise CannotDo(_("You belong to this account: somebody else has to record it."))


def months_after(day: date, months: int) -> date:
    """The same day so many months later; of a shorter month its last day."""
    years, month = divmod(day.month - 1 + months, 12)
    for number in (day.day, 30, 29, 28):
        try:
            return date(day.year + years, month + 1, min(number, day.day))
        except ValueError:
            continue
    raise ValueError(day)


def refuse_future(instant: datetime, *, now: datetime) -> None:
    """Raises CannotDo."""
    if instant > now:
        raise CannotDo(_("It cannot have happened later than now."))
