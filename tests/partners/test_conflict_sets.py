"""How well the same customer is found again: precision and recall over generated sets, through the
real keys, the real index and the real score."""

import pytest

from accounts.ids import uuid7
from partners.deals.conflicts import conflicts_with
from partners.models import Deal, DealForm, DealKey
from partners.resemblance.comparing import Customer, keys_of, tax_of
from partners.resemblance.domains import host_of, site_of
from partners.resemblance.names import words_of
from tests.factories import AccountFactory
from tests.partners.customers import Made, Set, first_set, second_set, third_set
from tests.partners.stories import NOON, TODAY, deal_form

KNOWN, ASKED = 400, 240


def customer_of(made: Made) -> Customer:
    return Customer(
        name=made.name,
        site=site_of(host_of(made.website)),
        tax=tax_of(made.tax),
        country=made.country,
    )


def kept(form: DealForm, made: list[Made]) -> list[Deal]:
    account = AccountFactory()
    deals = []
    for one in made:
        customer = customer_of(one)
        deals.append(
            Deal(
                id=uuid7(), form=form, account=account, reseller=account, registered_by="system",
                registered_at=NOON, request_key=str(len(deals)), customer=one.name,
                core=" ".join(words_of(one.name)), site=customer.site, tax=customer.tax,
                country=one.country, amount=1, closes_on=TODAY, is_exclusive=True,
                credits="reseller",
            )
        )  # fmt: skip
    Deal.objects.bulk_create(deals)
    keys = [
        DealKey(deal=deal, key=key)
        for deal, one in zip(deals, made, strict=True)
        for found in [keys_of(customer_of(one))]
        for key in found.strong | found.weak
    ]
    DealKey.objects.bulk_create(keys, batch_size=5000)
    return deals


def measured(made: Set, form: DealForm) -> tuple[float, float, list[str]]:
    """(precision, recall, what went wrong): of those asked for, the best match is the answer."""
    deals = kept(form, made.known)
    asking = Deal(id=uuid7(), registered_at=NOON)
    right = wrong = missed = 0
    stumbled = []
    for asked, place in made.asked:
        found = conflicts_with(customer_of(asked), but=asking, today=TODAY)
        truth = deals[place].pk if place is not None else None
        if found and found[0].deal.pk == truth:
            right += 1
            continue
        if found:
            wrong += 1
            stumbled.append(f"{asked} taken for {found[0].deal.customer} {found[0].score}")
        if truth:
            missed += 1
            stumbled.append(f"{asked} is {made.known[place]}")
    return right / (right + wrong), right / (right + missed), stumbled


@pytest.mark.parametrize(
    ("name", "make"), [("first", first_set), ("second", second_set), ("held out", third_set)]
)
def test_the_same_customer_is_found_again(in_tenant, name, make, record_property):
    made = make(known=KNOWN, asked=ASKED, seed=20260520)

    precision, recall, stumbled = measured(made, deal_form())

    said = f"{name} set of {ASKED}: precision {precision:.3f}, recall {recall:.3f}"
    record_property("conflicts", said)
    assert precision >= 0.9, "\n".join([said, *stumbled])
    assert recall >= 0.95, "\n".join([said, *stumbled])
