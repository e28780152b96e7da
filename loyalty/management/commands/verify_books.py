"""`manage.py verify_books`: is every invariant of the ledger true? Exit status 1 if not."""

from django.core.management.base import BaseCommand, CommandError

from accounts.doors import tenant_by_slug, tenant_ids
from loyalty.books import Finding, verify


class Command(BaseCommand):
    help = "Check the books of every tenant, or of one; report what is wrong and repair nothing."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--tenant", metavar="SLUG", help="check this tenant only")

    def handle(self, *, tenant: str | None, **options) -> None:
        findings = verify([self._id_of(tenant)] if tenant else tenant_ids())
        for finding in findings:
            self.stdout.write(_line(finding))
        wrong = sum(finding.violations > 0 for finding in findings)
        if wrong:
            raise CommandError(f"{wrong} of {len(findings)} checks found violations.")

    def _id_of(self, slug: str):
        found = tenant_by_slug(slug)
        if found is None:
            raise CommandError(f"There is no tenant {slug!r}.")
        return found.id


def _line(finding: Finding) -> str:
    line = f"{finding.invariant.number:>3}  {finding.invariant.claim}: {finding.violations}"
    return f"{line} (such as {finding.sample})" if finding.violations else line
