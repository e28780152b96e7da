"""Publishing a ladder: a scheme's version with its tiers, and a first standing for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts import events
from accounts.models import Enrollment, Program
from tiers import standing
from tiers.models import Basis, Scheme, SchemeVersion, Span, Tier


@dataclass(frozen=True, slots=True)
class Rung:
    """A tier to be: `threshold` in the smallest unit of the basis, 0 for the first."""

    name: str
    threshold: int
    multiplier: Decimal


class BadLadder(ValueError):
    """The rungs are no ladder; the text says why."""


def publish_ladder(
    *,
    program: Program,
    name: str,
    rungs: Sequence[Rung],
    basis: Basis = Basis.AMOUNT,
    span: Span = Span.TOTAL,
    keep_quarters: int = 1,
    valid_from: datetime,
    actor: str,
    now: datetime,
) -> SchemeVersion:
    """Publish the program's first ladder; accounts enrolled before it stand on its first rung.

    Raises BadLadder for rungs that do not rise from 0.
    """
    _check(rungs)
    with transaction.atomic():
        scheme = Scheme.objects.create(program=program, name=name)
        version = SchemeVersion.objects.create(
            scheme=scheme,
            number=1,
            valid_from=valid_from,
            basis=basis,
            span=span,
            keep_quarters=keep_quarters,
            published_at=now,
            published_by=actor,
        )
        Tier.objects.bulk_create(
            Tier(
                version=version,
                rank=rank,
                name=rung.name,
                threshold=rung.threshold,
                multiplier=rung.multiplier,
            )
            for rank, rung in enumerate(rungs)
        )
        enrolled = Enrollment.objects.filter(program=program).values_list("pk", flat=True)
        standing.begin(enrollment_ids=list(enrolled), decided_at=now)
        events.record(
            kind="ladder.published",
            occurred_at=valid_from,
            recorded_at=now,
            actor=actor,
            subject=f"scheme_version:{version.pk}",
            payload={"program": program.slug, "tiers": [rung.name for rung in rungs]},
        )
    return version


def _check(rungs: Sequence[Rung]) -> None:
    thresholds = [rung.threshold for rung in rungs]
    if not thresholds or thresholds[0] != 0:
        raise BadLadder("The first tier asks for nothing, so that everybody stands somewhere.")
    if thresholds != sorted(set(thresholds)):
        raise BadLadder("Each tier asks for more than the one below it.")
