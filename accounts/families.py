"""Which account belongs to which: parents named by their numbers, never in a circle."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext

from accounts.facts import FactRefused, shown
from accounts.models import Account
from accounts.tenancy import current_tenant_id


class Families:
    """Who is whose parent, by number, while rows name parents one after the other.

    A row sees what was there before and what stands above it, whichever batch that came in: so
    batches may be cut anywhere.
    """

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self._parents: dict[str, str | None] = dict(parents)
        self._moved: dict[str, str | None] = {}

    def check(self, number: str, parent: str) -> None:
        """Raises FactRefused for a parent that is not there, or that is the account itself or below
        it."""
        if parent == number:
            raise FactRefused(
                gettext("The account %(number)s cannot be its own parent.")
                % {"number": shown(number)}
            )
        if parent and parent not in self._parents:
            raise FactRefused(
                gettext(
                    "There is no account %(parent)s to be its parent; the parent comes in before, "
                    "or on a line above."
                )
                % {"parent": shown(parent)}
            )
        above: str | None = parent
        while above:
            if above == number:
                raise FactRefused(
                    gettext("%(parent)s belongs to %(number)s already, so it cannot be its parent.")
                    % {"parent": shown(parent), "number": shown(number)}
                )
            above = self._parents[above]

    def there_is(self, number: str) -> None:
        """A row made this account, or would have; those below may name it."""
        self._parents.setdefault(number, None)

    def move(self, number: str, parent: str) -> bool:
        """Whether that changes anything."""
        before, after = self._parents.get(number), parent or None
        if before == after:
            return False
        self._parents[number] = self._moved[number] = after
        return True

    def write(self) -> None:
        """Write the parents of all that moved; their accounts are there by now."""
        numbers = {number for pair in self._moved.items() for number in pair if number}
        accounts = {
            account.number: account
            for account in Account.objects.filter(number__in=numbers)
            .select_for_update(no_key=True)
            .order_by("id")
        }
        moved = [accounts[number] for number in self._moved]
        for account in moved:
            parent = self._moved[account.number]
            account.parent_id = accounts[parent].id if parent else None
        if moved:
            Account.objects.bulk_create(
                moved,
                update_conflicts=True,
                unique_fields=["tenant", "number"],
                update_fields=["parent"],
            )


def families_of(items: Collection[Mapping[str, Any]]) -> Families:
    """The families that these rows may change, and nobody else until the transaction ends: two at
    once could close a circle that neither of them saw."""
    named = [item for item in items if "parent" in item]
    if not named:
        return Families({})
    with connection.cursor() as cursor:
        key = f"loyalty.families {current_tenant_id()}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    return Families(_upwards({item[field] for item in named for field in ("number", "parent")}))


def _upwards(numbers: set[str]) -> dict[str, str | None]:
    """The parent of each of these accounts, and of all above them: a query per generation."""
    found: dict[str, str | None] = {}
    wanted = numbers
    while wanted:
        rows = Account.objects.filter(number__in=wanted).values_list("number", "parent__number")
        found |= dict(rows)
        wanted = {parent for parent in found.values() if parent} - found.keys()
    return found
