"""Bank details are read to the last digit, sealed, and keep their history."""

from datetime import timedelta

import pytest

from accounts.models import Event
from rebates import banking
from rebates.ibans import WrongNumber, read_bic, read_iban
from rebates.transfer_files import plain
from tests.factories import (
    ProgramFactory,
    enrolled_account,
)
from tests.rebates.deals import DUTCH, FRENCH, GERMAN
from tests.rewards.stories import at

BEFORE, NOW = at("2026-02-01 09:00"), at("2026-02-10 09:00")


@pytest.mark.parametrize(
    ("iban", "says"),
    [
        ("DE88370400440532013000", "check digits"),
        ("DE8937040044053201300", "has 22 characters; this one has 21"),
        ("US89370400440532013000", "no country with IBANs"),
        ("370400440532013000", "begins with a country"),
        ("DE89-3704 0044 0532 0130 00", "begins with a country"),
    ],
)
def test_an_iban_is_checked_to_its_last_digit(iban, says):
    assert read_iban("de89 3704 0044 0532 0130 00") == GERMAN
    assert [read_iban(one) for one in (FRENCH, DUTCH)] == [FRENCH, DUTCH]
    with pytest.raises(WrongNumber, match=says):
        read_iban(iban)


def test_a_bic_is_of_the_bank_of_the_iban():
    assert read_bic("cobadeffxxx", iban=GERMAN) == "COBADEFFXXX"
    assert read_bic("", iban=GERMAN) == ""
    assert read_bic("CRLYREPP", iban=FRENCH) == "CRLYREPP"  # Réunion banks with French IBANs
    for wrong in ("COBADEFFXX", "12BADEFF", "BNPAFRPP"):
        with pytest.raises(WrongNumber, match="BIC"):
            read_bic(wrong, iban=GERMAN)


def test_bank_details_are_sealed_rest_and_keep_their_history(in_tenant):
    dealer = enrolled_account(ProgramFactory())
    say = {"account_id": dealer.pk, "holder": "Dealer", "bic": "", "actor": "member:1"}
    first = banking.enter(iban=GERMAN, now=BEFORE, **say)
    assert banking.enter(iban=f" {GERMAN.lower()} ", now=NOW, **say) == first
    banking.change_cooling(days=3, actor="staff:1", now=NOW)
    second = banking.enter(iban=DUTCH, now=NOW, **say)

    first.refresh_from_db()
    assert (first.ended_at, first.usable_from) == (NOW, BEFORE + timedelta(days=7))
    assert (second.usable_from, second.masked) == (NOW + timedelta(days=3), "NL•• … 4300")
    assert banking.current(dealer.pk) == second
    assert [banking.iban_of(one) for one in (first, second)] == [GERMAN, DUTCH]
    assert DUTCH.encode() not in bytes(second.sealed)
    told = Event.objects.filter(kind="bank_details.entered").order_by("id")
    assert [one.payload["masked"] for one in told] == ["DE•• … 3000", "NL•• … 4300"]
    assert GERMAN not in str([one.payload for one in Event.objects.all()])


def test_names_are_written_in_letters_that_every_bank_takes():
    assert plain("Müller & Söhne — Łódź Œuvre//X/") == "Mueller + Soehne Lodz Oeuvre/X"
    assert plain("漢字") == "-"
    assert len(plain("x" * 90)) == 70
    assert plain("x" * 69 + "/y") == "x" * 69
