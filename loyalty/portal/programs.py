"""What a company does with its partners besides points, in one place: a card for each program."""

from typing import NamedTuple
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.roles import member_required
from loyalty.portal.enrollments import own_enrollment


class Card(NamedTuple):
    title: str | Promise
    text: str | Promise
    page: str
    icon: str


DEALS = Card(
    _("Deals"),
    _("Register a customer you want to win, and be protected while you do."),
    "portal_deals",
    "briefcase",
)
LEADS = Card(
    _("Leads"),
    _("Customers that were found for you: accept them in time, and say how it goes."),
    "portal_leads",
    "inbox-arrow-down",
)
REFERRALS = Card(
    _("Referrals"),
    _("Recommend us to another company; both of you are rewarded."),
    "portal_referrals",
    "user-plus",
)
SPIFFS = Card(
    _("SPIFFs"),
    _("Extra pay for what you sell of certain products."),
    "portal_spiffs",
    "bolt",
)
FUNDS = Card(
    _("Marketing funds"),
    _("Money for joint marketing: ask for it, run the activity, claim it with proof."),
    "portal_funds",
    "megaphone",
)
TRAINING = Card(
    _("Training"),
    _("Courses, certificates and badges, for you and your colleagues."),
    "portal_training",
    "academic-cap",
)
TOGETHER = Card(
    _("Plans and support"),
    _("Joint plans, help you may ask for, and questions to you."),
    "portal_together",
    "user-group",
)
DIRECTORY = Card(
    _("Directory"),
    _("What the public directory of partners says of you."),
    "portal_directory",
    "building-storefront",
)


@require_safe
@member_required()
def programs(request: HttpRequest, enrollment_id: UUID) -> HttpResponse:
    enrollment, enrollments = own_enrollment(request, enrollment_id)
    cards = [DEALS, LEADS, REFERRALS, SPIFFS, FUNDS, TRAINING, TOGETHER]
    if enrollment.has_directory:
        cards.append(DIRECTORY)
    context = {"enrollment": enrollment, "enrollments": enrollments, "cards": cards}
    return render(request, "portal/programs.html", context)
