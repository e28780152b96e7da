"""What is taken back of a SPIFF when a sale comes back: found however it is written, and once."""

import pytest
from django.db import transaction

from accounts.models import Event
from partners.spiffs import clock, deciding
from rewards import awarding
from tests.partners.spiff_stories import (
    NOON,
    approved,
    claimed,
    held,
    spiff,
)
from tests.rewards.stories import accepted, at, purchase, taken_back, wrong


def test_a_return_of_a_sale_that_came_in_after_the_decision_is_found(program, seller, manager):
    one = spiff(program)
    made = approved(claimed(one, seller, quantity=3, document="r-78"), manager)
    assert (made.activity_id, held(seller)) == (None, (75_00, 0))
    bought = {"product": "SKU-X", "quantity": 3}
    accepted(
        purchase(seller.account, "900.00", at("2026-05-18"), "R-78", **bought),
        taken_back(seller.account, "300.00", at("2026-05-21"), of="R-78", document="G-2"),
        as_of=at("2026-05-21"),
    )
    assert clock.take_back_returned(now=at("2026-05-22")) == 1
    made.refresh_from_db()
    assert (made.returned, made.recalled, held(seller)) == (1, 25_00, (50_00, 0))


def test_a_sale_that_did_not_come_back_keeps_its_reward(program, seller, manager):
    one = spiff(program)
    for number in ("R-80", "R-81"):
        bought = {"product": "SKU-X", "quantity": 3}
        accepted(
            purchase(seller.account, "900.00", at("2026-05-18"), number, **bought),
            as_of=at("2026-05-18"),
        )
    kept = approved(claimed(one, seller, quantity=3, document="R-80"), manager)
    assert kept.activity_id is not None
    assert clock.take_back_returned(now=at("2026-05-22")) == 0

    came_back = approved(claimed(one, seller, quantity=3, document="R-81"), manager)
    whole = {"of": "R-81", "document": "G-1", "quantity": 3}
    accepted(
        taken_back(seller.account, "900.00", at("2026-05-21"), **whole), as_of=at("2026-05-21")
    )
    assert clock.take_back_returned(now=at("2026-05-22")) == 1
    kept.refresh_from_db()
    came_back.refresh_from_db()
    assert [(one.returned, one.recalled) for one in (kept, came_back)] == [(0, 0), (3, 75_00)]
    assert held(seller) == (75_00, 0)


def test_a_sale_is_found_by_its_number_however_it_is_spaced(program, seller, manager):
    one, bought = spiff(program), {"product": "SKU-X", "quantity": 2}
    accepted(
        purchase(seller.account, "600.00", at("2026-05-18"), "INV 10-7", **bought),
        as_of=at("2026-05-18"),
    )
    early = claimed(one, seller, document="inv 10-7")
    assert early.flags == []
    approved(early, manager)
    late = approved(claimed(one, seller, document="inv10-8"), manager)
    accepted(
        purchase(seller.account, "600.00", at("2026-05-19"), "inv  10-8", **bought),
        as_of=at("2026-05-19"),
    )
    for number, line in (("INV 10-7", "G-7"), ("inv  10-8", "G-8")):
        whole = {"of": number, "document": line, "quantity": 2}
        accepted(
            taken_back(seller.account, "600.00", at("2026-05-21"), **whole), as_of=at("2026-05-21")
        )
    assert clock.take_back_returned(now=at("2026-05-22")) == 2
    for each in (early, late):
        each.refresh_from_db()
        assert (each.returned, each.recalled) == (2, 50_00)
    assert held(seller) == (0, 0)


def test_a_return_counts_whatever_its_document_is_called(program, seller, manager):
    """A zero-width space comes along when a number is copied out of a sheet."""
    bought = {"product": "SKU-X", "quantity": 2}
    accepted(
        purchase(seller.account, "600.00", at("2026-05-18"), "R-90", **bought),
        as_of=at("2026-05-18"),
    )
    made = approved(claimed(spiff(program), seller, document="R-90"), manager)
    half = {"of": "R-90", "document": "G-1\N{ZERO WIDTH SPACE}", "quantity": 1}
    accepted(taken_back(seller.account, "300.00", at("2026-05-21"), **half), as_of=at("2026-05-21"))
    assert clock.take_back_returned(now=at("2026-05-22")) == 1
    made.refresh_from_db()
    assert (made.returned, made.recalled, held(seller)) == (1, 25_00, (25_00, 0))
    told = Event.objects.get(kind="spiff_claim.taken_back")
    assert told.payload["note"] == "G-1\N{REPLACEMENT CHARACTER}"


def test_what_two_take_back_at_once_is_taken_back_once(program, seller, manager, monkeypatch):
    bought = {"product": "SKU-X", "quantity": 3}
    accepted(
        purchase(seller.account, "900.00", at("2026-05-18"), "R-91", **bought),
        as_of=at("2026-05-18"),
    )
    made = approved(claimed(spiff(program), seller, quantity=3, document="R-91"), manager)
    one = {"of": "R-91", "document": "G-1", "quantity": 1}
    accepted(taken_back(seller.account, "300.00", at("2026-05-21"), **one), as_of=at("2026-05-21"))
    by_hand = {"units": 1, "reason": "G-1", "actor": manager.actor, "now": NOON}
    look = clock._due

    def faster():
        found = look()
        deciding.take_back(made.pk, seen=0, **by_hand)
        return found

    monkeypatch.setattr(clock, "_due", faster)
    assert clock.take_back_returned(now=at("2026-05-22")) == 0
    with pytest.raises(deciding.NotNow, match="1 came back"), transaction.atomic():
        deciding.take_back(made.pk, seen=0, **by_hand)  # the form sent twice
    made.refresh_from_db()
    assert (made.returned, made.recalled, held(seller)) == (1, 25_00, (50_00, 0))


def test_one_that_cannot_be_taken_back_holds_up_no_other(program, seller, manager):
    """Of the first one's award nothing is left, by whatever mistake: the job says that it failed,
    and the second comes back as it should."""
    one, made = spiff(program), []
    for number in ("R-92", "R-93"):
        bought = {"product": "SKU-X", "quantity": 2}
        accepted(
            purchase(seller.account, "600.00", at("2026-05-18"), number, **bought),
            as_of=at("2026-05-18"),
        )
        made.append(approved(claimed(one, seller, document=number), manager))
        whole = {"of": number, "document": f"G-{number}", "quantity": 2}
        accepted(
            taken_back(seller.account, "600.00", at("2026-05-21"), **whole), as_of=at("2026-05-21")
        )
    about = {"reason": "By mistake", "identity": one.pk, "actor": manager.actor, "now": NOON}
    awarding.take_back(made[0].award_id, amount=50_00, **about)
    for _again in range(2):
        with pytest.raises(awarding.CannotAward):
            clock.take_back_returned(now=at("2026-05-22"))
        for each in made:
            each.refresh_from_db()
        assert [(each.returned, each.recalled) for each in made] == [(0, 0), (2, 50_00)]
        assert held(seller) == (0, 0)


def test_a_credit_of_an_amount_takes_back_whole_units_alone(in_tenant, program, seller, manager):
    """Of three units at 300.00, credits of 290.00 are no unit yet, those of 300.00 are one, and
    those of 890.00 are two; the last ten dollars bring back the third."""
    bought = {"product": "SKU-X", "quantity": 3}
    accepted(
        purchase(seller.account, "900.00", at("2026-05-18"), "R-79", **bought),
        as_of=at("2026-05-18"),
    )
    made = approved(claimed(spiff(program), seller, quantity=3, document="R-79"), manager)
    day = at("2026-05-21")
    for number, (amount, returned) in enumerate(
        (("290.00", 0), ("10.00", 1), ("590.00", 2), ("10.00", 3))
    ):
        about = {"of": "R-79", "document": f"G-{number}", "quantity": 0}
        accepted(taken_back(seller.account, amount, day, **about), as_of=day)
        clock.take_back_returned(now=day)
        made.refresh_from_db()
        assert (made.returned, made.recalled) == (returned, returned * 25_00)
        assert held(seller) == (75_00 - returned * 25_00, 0)
    assert wrong(in_tenant) == set()
