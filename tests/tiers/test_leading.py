"""Which ladder leads, and whom it is for, change with its versions: by date, and without a gap."""

import pytest

from accounts.models import Event, Tenant
from rewards import clock
from tests.rewards.stories import accepted, at, purchase, wallet_of
from tests.tiers.climbing import buy, dealer, published, revenue, rung, standing_of, tiers_of
from tiers import publishing
from tiers.ladders import as_ladder
from tiers.models import Lead, Scheme, SchemeVersion, Standing
from tiers.preview import changes, previewing
from tiers.queries import leading_tier, tier_on
from tiers.setting import current_setting

pytestmark = pytest.mark.usefixtures("books_agree")

APRIL = "2026-04-01 00:00"


def drafted(version: SchemeVersion, **changed) -> SchemeVersion:
    terms = {name: getattr(version, name) for name in publishing.TERMS} | changed
    about = {"actor": "staff:author", "now": at("2026-03-01")}
    return publishing.draft_version(scheme=version.scheme, terms=terms, **about)


def publish(version: SchemeVersion, *, starts: str = APRIL, **more) -> SchemeVersion:
    about = {"actor": "staff:other", "now": at("2026-03-02")} | more
    return publishing.publish(version=version, valid_from=at(starts), **about)


def test_the_lead_passes_on_its_day_and_what_was_earned_stays(program):
    gold = {"multiplier": "2"}
    published(program, rung("Base"), rung("Gold", revenue(100), **gold), code="sales")
    care = published(
        program, rung("Member"), rung("Star", revenue(100), multiplier="3"), code="care"
    )
    account = dealer(program)
    buy(account, 100, "2026-02-10")
    before = list(Standing.objects.order_by("pk").values())

    taking = drafted(care, takes_lead=True)
    with previewing(as_ladder(taking), at=at("2026-03-01"), setting=current_setting()):
        (change,) = changes(as_ladder(taking)).changes
    assert (change.from_multiplier, change.to_multiplier, change.moves) == (2, 3, "stays")
    publish(taking)
    assert list(Standing.objects.order_by("pk").values()) == before
    third = publishing.draft_scheme(
        program=program,
        code="third",
        name="Third",
        terms={"rungs": [rung("Only")], "takes_lead": True},
        actor="staff:author",
        now=at("2026-03-01"),
    )
    with pytest.raises(publishing.CannotPublish, match="“Care” takes the lead on Apr 1, 2026;"):
        publish(third, starts="2026-03-15 00:00")
    with pytest.raises(publishing.CannotPublish, match="The lead passes now or later"):
        publish(third, starts="2026-02-01 00:00")
    assert Lead.objects.count() == 2

    buy(account, 10, "2026-03-31 23:59")  # 20 points, by Gold
    assert leading_tier(account_id=account.pk, program_id=program.pk).tier.name == "Gold"
    buy(account, 10, APRIL)  # 30, by Star
    assert leading_tier(account_id=account.pk, program_id=program.pk).tier.name == "Star"
    late = purchase(account, "10", at("2026-03-31 12:00"))
    accepted(late, as_of=at("2026-04-05"))  # 20: Gold multiplied then
    assert wallet_of(account, program).available == 100 + 20 + 30 + 20

    enrollment = account.enrollments.get().pk
    held = [tier_on(enrollment_id=enrollment, instant=at(day)) for day in ("2026-03-31", APRIL)]
    assert [tier.name for tier in held if tier] == ["Gold", "Star"]
    leads = Scheme.objects.order_by("code").values_list("code", "is_leading")
    assert dict(leads) == {"care": True, "sales": False, "third": False}
    told = Event.objects.get(kind="ladder.leads")
    assert (told.payload["ladder"], told.payload["before"]) == ("care", "sales")
    assert told.occurred_at == at(APRIL)


def test_whom_a_ladder_is_for_changes_with_its_version(program, tenant):
    first = published(program, rung("Base"), rung("Gold", revenue(100)), kept_periods=3)
    north, south = dealer(program, region="North"), dealer(program, region="South")
    for account in (north, south):
        buy(account, 100, "2026-02-10")
    second = drafted(first, audience={"field": "region", "op": "eq", "value": "North"})
    Tenant.objects.filter(pk=tenant.pk).update(two_pairs_of_eyes=True)
    with pytest.raises(publishing.NeedsSecondPair):
        publish(second, actor="staff:author")
    publish(second, grace_days=10)

    clock.advance(upto=at(APRIL))
    assert tiers_of(north) == tiers_of(south)
    assert standing_of(south).falls_at == at("2026-04-11 00:00")
    clock.advance(upto=at("2026-04-11 00:00"))
    assert tiers_of(north)[-1] == ("Gold", "published")
    assert tiers_of(south)[-2:] == [("Gold", "published"), ("Base", "grace_ended")]
    first.refresh_from_db()
    assert (first.audience, second.scheme.versions.count()) == ({}, 2)
