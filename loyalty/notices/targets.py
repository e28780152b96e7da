"""Where a notice leads: to the page of its reader's face that shows what it is about."""

from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Enrollment, Notice
from accounts.models.people import StaffRole

_PORTAL = {
    "points_earned": "portal_entries",
    "monthly_status": "portal_statement",
    "points_expiring": "portal_rewards",
    "award_paid": "portal_spiffs",
    "referral_decided": "portal_referrals",
    # The list says what became of one that has gone on meanwhile.
    **dict.fromkeys(
        ("lead_offered", "lead_expired", "lead_withdrawn", "lead_silent"), "portal_leads"
    ),
    "rebate_offered": "portal_rebates",
    "rebate_statement": "portal_rebates",
    "rebate_dispute_over": "portal_rebates",
    "rebate_approved": "portal_rebates",
    "rebate_taken_back": "portal_rebates",
    "rebate_set_off": "portal_rebates",
    "rebate_paid": "portal_rebates",
    "rebate_returned": "portal_bank",
    "rebate_credited": "portal_credits",
    "bank_details": "portal_bank",
}

_OWN_PAGES = {
    "survey_id": "portal_survey",
    "support_id": "portal_support",
    "plan_id": "portal_plan",
}


def target_of(notice: Notice, request: HttpRequest) -> str:
    """Its address; the inbox's where there is none."""
    if notice.staff_id:
        is_rep = request.staff.role == StaffRole.REP
        page = "field_account" if is_rep else "console_account"
        return reverse(page, args=[notice.account_id])
    enrollment_id = _enrollment_of(notice)
    if enrollment_id is None:
        return reverse("notices")
    redemption_id = notice.details.get("redemption_id")
    if redemption_id:
        return reverse("portal_redemption", args=[enrollment_id, redemption_id])
    report_id = notice.details.get("report_id")
    if report_id:
        return reverse("portal_sales_report", args=[enrollment_id, report_id])
    deal_id = notice.details.get("deal_id")
    if deal_id:
        return reverse("portal_deal", args=[enrollment_id, deal_id])
    for of, page in _OWN_PAGES.items():
        if key := notice.details.get(of):
            return reverse(page, args=[enrollment_id, key])
    fund_request_id = notice.details.get("fund_request_id")
    if fund_request_id:
        return reverse("portal_fund_request", args=[enrollment_id, fund_request_id])
    claim_id = notice.details.get("spiff_claim_id")
    if claim_id:
        return reverse("portal_spiff_claim", args=[enrollment_id, claim_id])
    certificate_id = notice.details.get("certificate_id")
    if certificate_id:
        return reverse("portal_certificate", args=[enrollment_id, certificate_id])
    page = reverse(_PORTAL.get(notice.kind, "portal_overview"), args=[enrollment_id])
    # A letter may be opened in another month than it is about.
    month = notice.details.get("month", "") if notice.kind == "monthly_status" else ""
    return f"{page}?month={month[:7]}" if month else page


def _enrollment_of(notice: Notice) -> UUID | None:
    """The account's enrollment in the notice's program, else the first it has."""
    found = Enrollment.objects.filter(account_id=notice.account_id).order_by("enrolled_at", "id")
    program_id = notice.details.get("program_id")
    within = found.filter(program_id=program_id) if program_id else found
    return within.values_list("id", flat=True).first()
