"""Gift codes: kept sealed, handed out once, shown once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from accounts import events
from accounts.ids import uuid7
from accounts.models import Member
from accounts.sealing import digests, is_current, open_sealed, seal
from rewards import payouts
from rewards.models.catalogue import Redemption, Reward, RewardCode
from rewards.reward_types import TYPES

SHORTEST, LONGEST = 6, 200
AT_ONCE = 10_000


class TakesNoCodes(ValueError):
    """This type of reward hands out no codes."""


class TooManyCodes(ValueError):
    """More codes than are taken in at once."""


class NoCodeToShow(LookupError):
    """There is none for this person, or it was shown before; nothing changed."""


@dataclass(frozen=True, slots=True)
class Added:
    added: int
    known: int
    wrong: tuple[int, ...]  # the lines, counted from 1, that are no codes


def add_codes(reward: Reward, lines: Iterable[str], *, actor: str, now: datetime) -> Added:
    """Put the codes, one a line, into the reward's pool; those that are there already stay once.

    Raises TakesNoCodes, TooManyCodes.
    """
    if TYPES[reward.type].stock_from != "codes":
        raise TakesNoCodes(gettext("“%(name)s” hands out no codes.") % {"name": reward.name})
    given = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    if len(given) > AT_ONCE:
        raise TooManyCodes(
            gettext("At most %(at_once)s codes at once; there are %(given)s.")
            % {"at_once": f"{AT_ONCE:,}", "given": f"{len(given):,}"}
        )
    wrong = tuple(number for number, code in given if not SHORTEST <= len(code) <= LONGEST)
    codes = dict.fromkeys(code for number, code in given if number not in set(wrong))
    with transaction.atomic():
        # Two people with the same file: the second waits here and finds them known.
        Reward.objects.select_for_update(no_key=True).get(pk=reward.pk)
        found = {code: digests(code, scope=str(reward.pk)) for code in codes}
        known = set(
            RewardCode.objects.filter(
                reward=reward, digest__in=[one for all_ in found.values() for one in all_]
            ).values_list("digest", flat=True)
        )
        new = [code for code, all_ in found.items() if known.isdisjoint(all_)]
        RewardCode.objects.bulk_create(_sealed(reward, code, found[code][0], now) for code in new)
        if new:
            events.record(
                kind="reward.codes_added",
                occurred_at=now,
                recorded_at=now,
                actor=actor,
                subject=f"reward:{reward.pk}",
                payload={"reward": reward.name, "codes": len(new)},
            )
    return Added(added=len(new), known=len(given) - len(wrong) - len(new), wrong=wrong)


def show_code(redemption: Redemption, *, member: Member, now: datetime) -> str:
    """The code, this once, for the person who asked for it. Raises NoCodeToShow, PayoutsStopped.

    Who else may see the redemption sees the code's last characters only.
    """
    with transaction.atomic():
        payouts.refuse_if_stopped()
        code = (
            RewardCode.objects.select_for_update()
            .filter(redemption=redemption, redemption__member=member, shown_at=None)
            .exclude(redemption__fulfilled_at=None)
            .exclude(redemption__state="refunded")
            .first()
        )
        if code is None:
            raise NoCodeToShow(redemption.pk)
        text = open_sealed(code.sealed, bound_to=_place(code))
        code.shown_at = now
        code.save(update_fields=["shown_at"])
        events.record(
            kind="redemption.code_shown",
            occurred_at=now,
            recorded_at=now,
            actor=member.actor,
            subject=f"redemption:{redemption.pk}",
            account_id=redemption.account_id,
            payload={"reference": redemption.reference, "code": str(code)},
        )
    return text


def reseal(*, limit: int) -> int:
    """Seal up to `limit` codes of the open tenant with today's key; returns how many there were."""
    done = 0
    for code in RewardCode.objects.select_for_update(skip_locked=True).order_by("id").iterator():
        if done == limit:
            break
        if is_current(code.sealed):
            continue
        text = open_sealed(code.sealed, bound_to=_place(code))
        code.sealed = seal(text, bound_to=_place(code))
        code.digest = digests(text, scope=str(code.reward_id))[0]
        code.save(update_fields=["sealed", "digest"])
        done += 1
    return done


def _sealed(reward: Reward, text: str, digest: str, now: datetime) -> RewardCode:
    code = RewardCode(
        id=uuid7(),
        reward=reward,
        digest=digest,
        hint=text[-min(4, len(text) // 3) :],
        added_at=now,
    )
    code.sealed = seal(text, bound_to=_place(code))
    return code


def _place(code: RewardCode) -> str:
    return f"{_hex(code.tenant_id)}/{_hex(code.pk)}"


def _hex(identifier: UUID) -> str:
    return identifier.hex
