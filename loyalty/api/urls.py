from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from loyalty.api import (
    adjustments,
    agreement_drafts,
    agreement_steps,
    deal_steps,
    fund_requests,
    fund_steps,
    lead_steps,
    payments,
    rebate_statements,
    redemptions,
    referrals,
    sales,
    spiffs,
    support,
    transfers,
    webhooks,
)
from loyalty.api.accounts import AccountsView, AccountView
from loyalty.api.accruals import AccrualsView
from loyalty.api.activities import ActivitiesView
from loyalty.api.agreements import AcceptView, AgreementsView, AgreementView
from loyalty.api.bank_details import BankDetailsView
from loyalty.api.benefits import BenefitsView
from loyalty.api.certificates import CertificatesView, CertificateView, RevokeCertificateView
from loyalty.api.credits import CreditsView
from loyalty.api.deal_documents import DealDocumentsView, DealDocumentView
from loyalty.api.deals import DealsView, DealView
from loyalty.api.enrollments import EnrollmentsView
from loyalty.api.entries import EntriesView, EntryView
from loyalty.api.events import EventsView
from loyalty.api.explanations import WhyView
from loyalty.api.funds import AllocationsView, BudgetsView, FundActivitiesView, FundsView
from loyalty.api.journal import JournalBatchesView, JournalLinesView
from loyalty.api.kept import ActivityView
from loyalty.api.ladders import LaddersView, VersionsView
from loyalty.api.leads import LeadsView, LeadView
from loyalty.api.lots import ExpiringView, LotsView
from loyalty.api.measures import MeasuresView
from loyalty.api.plans import PlansView
from loyalty.api.reversals import ReversalsView
from loyalty.api.rewards import RewardsView
from loyalty.api.settlements import SettlementsView, SettlementView
from loyalty.api.standings import StandingsView
from loyalty.api.support import SupportRequestView, SupportView
from loyalty.api.surveys import SurveyAnswersView, SurveysView
from loyalty.api.training import CompletionsView, CoursesView, StatementsView
from loyalty.api.why_not import WhyNotView

urlpatterns = [
    path("activities", ActivitiesView.as_view(), name="api_activities"),
    path("activities/<uuid:activity_id>", ActivityView.as_view(), name="api_activity"),
    path("activities/<uuid:activity_id>/reversals", ReversalsView.as_view(), name="api_reversals"),
    path("activities/<uuid:activity_id>/why-not", WhyNotView.as_view(), name="api_why_not"),
    path("accounts", AccountsView.as_view(), name="api_accounts"),
    path("accounts/<str:number>", AccountView.as_view(), name="api_account"),
    path("accounts/<str:number>/enrollments", EnrollmentsView.as_view(), name="api_enrollments"),
    path("accounts/<str:number>/standings", StandingsView.as_view(), name="api_standings"),
    path("accounts/<str:number>/benefits", BenefitsView.as_view(), name="api_benefits"),
    path("accounts/<str:number>/entries", EntriesView.as_view(), name="api_entries"),
    path("entries/<uuid:entry_id>", EntryView.as_view(), name="api_entry"),
    path("entries/<uuid:entry_id>/why", WhyView.as_view(), name="api_why"),
    path("lots", LotsView.as_view(), name="api_lots"),
    path("lots/expiring", ExpiringView.as_view(), name="api_expiring"),
    path("ladders", LaddersView.as_view(), name="api_ladders"),
    path("ladders/<uuid:ladder_id>/versions", VersionsView.as_view(), name="api_ladder_versions"),
    path("measures", MeasuresView.as_view(), name="api_measures"),
    path("rewards", RewardsView.as_view(), name="api_rewards"),
    path("redemptions", redemptions.RedemptionsView.as_view(), name="api_redemptions"),
    path(
        "redemptions/<uuid:redemption_id>",
        redemptions.RedemptionView.as_view(),
        name="api_redemption",
    ),
    path("redemptions/<uuid:redemption_id>/cancel", redemptions.cancel, name="api_cancel"),
    path("redemptions/<uuid:redemption_id>/approve", redemptions.approve, name="api_approve"),
    path("redemptions/<uuid:redemption_id>/reject", redemptions.reject, name="api_reject"),
    path("redemptions/<uuid:redemption_id>/fulfill", redemptions.fulfill, name="api_fulfill"),
    path("redemptions/<uuid:redemption_id>/refund", redemptions.refund, name="api_refund"),
    path("transfers", transfers.TransfersView.as_view(), name="api_transfers"),
    path("transfers/<uuid:transfer_id>", transfers.TransferView.as_view(), name="api_transfer"),
    path("adjustments", adjustments.AdjustmentsView.as_view(), name="api_adjustments"),
    path(
        "adjustments/<uuid:adjustment_id>",
        adjustments.AdjustmentView.as_view(),
        name="api_adjustment",
    ),
    path("sales-reports", sales.SalesReportsView.as_view(), name="api_sales_reports"),
    path(
        "sales-reports/<uuid:report_id>", sales.SalesReportView.as_view(), name="api_sales_report"
    ),
    path(
        "sales-reports/<uuid:report_id>/sales",
        sales.ReportedSalesView.as_view(),
        name="api_reported_sales",
    ),
    path(
        "sales-reports/<uuid:report_id>/decide",
        sales.DecideView.as_view(),
        name="api_sales_decide",
    ),
    path("agreements", AgreementsView.as_view(), name="api_agreements"),
    path("agreements/<uuid:agreement_id>", AgreementView.as_view(), name="api_agreement"),
    path(
        "agreements/<uuid:agreement_id>/accept", AcceptView.as_view(), name="api_agreement_accept"
    ),
    path(
        "agreements/<uuid:agreement_id>/drafts",
        agreement_drafts.NextView.as_view(),
        name="api_agreement_next",
    ),
    path("agreements/<uuid:agreement_id>/end", agreement_steps.end, name="api_agreement_end"),
    path("agreement-drafts", agreement_drafts.DraftsView.as_view(), name="api_agreement_drafts"),
    path(
        "agreement-drafts/<uuid:draft_id>",
        agreement_drafts.DraftView.as_view(),
        name="api_agreement_draft",
    ),
    path(
        "agreement-drafts/<uuid:draft_id>/change",
        agreement_steps.change,
        name="api_agreement_draft_change",
    ),
    path(
        "agreement-drafts/<uuid:draft_id>/offer",
        agreement_steps.offer,
        name="api_agreement_draft_offer",
    ),
    path(
        "agreement-drafts/<uuid:draft_id>/discard",
        agreement_steps.discard,
        name="api_agreement_draft_discard",
    ),
    path("accruals", AccrualsView.as_view(), name="api_accruals"),
    path(
        "rebate-statements",
        rebate_statements.StatementsView.as_view(),
        name="api_rebate_statements",
    ),
    path(
        "rebate-statements/<uuid:statement_id>",
        rebate_statements.StatementView.as_view(),
        name="api_rebate_statement",
    ),
    path(
        "rebate-statements/<uuid:statement_id>/accept",
        rebate_statements.accept,
        name="api_statement_accept",
    ),
    path(
        "rebate-statements/<uuid:statement_id>/dispute",
        rebate_statements.dispute,
        name="api_statement_dispute",
    ),
    path(
        "rebate-statements/<uuid:statement_id>/withdraw-dispute",
        rebate_statements.withdraw_dispute,
        name="api_statement_withdraw_dispute",
    ),
    path(
        "rebate-statements/<uuid:statement_id>/resolve-dispute",
        rebate_statements.resolve_dispute,
        name="api_statement_resolve_dispute",
    ),
    path(
        "rebate-statements/<uuid:statement_id>/approve",
        rebate_statements.approve,
        name="api_statement_approve",
    ),
    path("settlements", SettlementsView.as_view(), name="api_settlements"),
    path(
        "settlements/<uuid:settlement_id>",
        SettlementView.as_view(),
        name="api_settlement",
    ),
    path("bank-details", BankDetailsView.as_view(), name="api_bank_details"),
    path("payment-runs", payments.RunsView.as_view(), name="api_payment_runs"),
    path("payment-runs/<uuid:run_id>", payments.RunView.as_view(), name="api_payment_run"),
    path(
        "payment-runs/<uuid:run_id>/file",
        payments.RunFileView.as_view(),
        name="api_payment_file",
    ),
    path("payment-runs/<uuid:run_id>/approve", payments.approve, name="api_payment_run_approve"),
    path("payment-runs/<uuid:run_id>/cancel", payments.cancel, name="api_payment_run_cancel"),
    path("payment-runs/<uuid:run_id>/executed", payments.executed, name="api_payment_run_executed"),
    path("payments/<uuid:payment_id>/return", payments.returned, name="api_payment_return"),
    path("credits", CreditsView.as_view(), name="api_credits"),
    path("journal-batches", JournalBatchesView.as_view(), name="api_journal_batches"),
    path(
        "journal-batches/<uuid:batch_id>/lines",
        JournalLinesView.as_view(),
        name="api_journal_lines",
    ),
    path("plans", PlansView.as_view(), name="api_plans"),
    path("support-requests", SupportView.as_view(), name="api_support_requests"),
    path(
        "support-requests/<uuid:request_id>",
        SupportRequestView.as_view(),
        name="api_support_request",
    ),
    path("support-requests/<uuid:request_id>/answer", support.answer, name="api_support_answer"),
    path("support-requests/<uuid:request_id>/close", support.close, name="api_support_close"),
    path("support-requests/<uuid:request_id>/decline", support.decline, name="api_support_decline"),
    path("surveys", SurveysView.as_view(), name="api_surveys"),
    path("survey-answers", SurveyAnswersView.as_view(), name="api_survey_answers"),
    path("referrals", referrals.ReferralsView.as_view(), name="api_referrals"),
    path("referrals/<uuid:referral_id>", referrals.ReferralView.as_view(), name="api_referral"),
    path("referrals/<uuid:referral_id>/qualify", referrals.qualify, name="api_referral_qualify"),
    path("referrals/<uuid:referral_id>/reject", referrals.reject, name="api_referral_reject"),
    path("referrals/<uuid:referral_id>/win", referrals.win, name="api_referral_win"),
    path(
        "referrals/<uuid:referral_id>/take-back",
        referrals.take_back,
        name="api_referral_take_back",
    ),
    path("spiffs", spiffs.SpiffsView.as_view(), name="api_spiffs"),
    path("spiff-claims", spiffs.SpiffClaimsView.as_view(), name="api_spiff_claims"),
    path("spiff-claims/<uuid:claim_id>", spiffs.SpiffClaimView.as_view(), name="api_spiff_claim"),
    path("spiff-claims/<uuid:claim_id>/approve", spiffs.approve, name="api_spiff_claim_approve"),
    path("spiff-claims/<uuid:claim_id>/reject", spiffs.reject, name="api_spiff_claim_reject"),
    path("spiff-claims/<uuid:claim_id>/withdraw", spiffs.withdraw, name="api_spiff_claim_withdraw"),
    path(
        "spiff-claims/<uuid:claim_id>/take-back",
        spiffs.take_back,
        name="api_spiff_claim_take_back",
    ),
    path("courses", CoursesView.as_view(), name="api_courses"),
    path("completions", CompletionsView.as_view(), name="api_completions"),
    path("xapi/statements", StatementsView.as_view(), name="api_statements"),
    path("certificates", CertificatesView.as_view(), name="api_certificates"),
    path("certificates/<uuid:certificate_id>", CertificateView.as_view(), name="api_certificate"),
    path(
        "certificates/<uuid:certificate_id>/revoke",
        RevokeCertificateView.as_view(),
        name="api_certificate_revoke",
    ),
    path("leads", LeadsView.as_view(), name="api_leads"),
    path("leads/<uuid:lead_id>", LeadView.as_view(), name="api_lead"),
    path("leads/<uuid:lead_id>/accept", lead_steps.accept, name="api_lead_accept"),
    path("leads/<uuid:lead_id>/decline", lead_steps.decline, name="api_lead_decline"),
    path("leads/<uuid:lead_id>/contact", lead_steps.contact, name="api_lead_contact"),
    path("leads/<uuid:lead_id>/qualify", lead_steps.qualify, name="api_lead_qualify"),
    path("leads/<uuid:lead_id>/win", lead_steps.win, name="api_lead_win"),
    path("leads/<uuid:lead_id>/lose", lead_steps.lose, name="api_lead_lose"),
    path("leads/<uuid:lead_id>/assign", lead_steps.assign, name="api_lead_assign"),
    path("leads/<uuid:lead_id>/close", lead_steps.close, name="api_lead_close"),
    path("deals", DealsView.as_view(), name="api_deals"),
    path("deals/<uuid:deal_id>", DealView.as_view(), name="api_deal"),
    path("deals/<uuid:deal_id>/documents", DealDocumentsView.as_view(), name="api_deal_documents"),
    path(
        "deals/<uuid:deal_id>/documents/<uuid:file_id>",
        DealDocumentView.as_view(),
        name="api_deal_document",
    ),
    path("deals/<uuid:deal_id>/approve", deal_steps.approve, name="api_deal_approve"),
    path("deals/<uuid:deal_id>/reject", deal_steps.reject, name="api_deal_reject"),
    path("deals/<uuid:deal_id>/extend", deal_steps.extend, name="api_deal_extend"),
    path(
        "deals/<uuid:deal_id>/refuse-extension",
        deal_steps.refuse_extension,
        name="api_deal_refuse_extension",
    ),
    path("deals/<uuid:deal_id>/appeal", deal_steps.appeal, name="api_deal_appeal"),
    path(
        "deals/<uuid:deal_id>/ask-extension",
        deal_steps.ask_extension,
        name="api_deal_ask_extension",
    ),
    path("deals/<uuid:deal_id>/withdraw", deal_steps.withdraw, name="api_deal_withdraw"),
    path("deals/<uuid:deal_id>/win", deal_steps.win, name="api_deal_win"),
    path("deals/<uuid:deal_id>/lose", deal_steps.lose, name="api_deal_lose"),
    path("funds", FundsView.as_view(), name="api_funds"),
    path("fund-budgets", BudgetsView.as_view(), name="api_fund_budgets"),
    path(
        "fund-budgets/<uuid:budget_id>/allocations",
        AllocationsView.as_view(),
        name="api_fund_allocations",
    ),
    path("fund-activities", FundActivitiesView.as_view(), name="api_fund_activities"),
    path("fund-requests", fund_requests.RequestsView.as_view(), name="api_fund_requests"),
    path(
        "fund-requests/<uuid:request_id>",
        fund_requests.RequestView.as_view(),
        name="api_fund_request",
    ),
    *(
        path(
            f"fund-requests/<uuid:request_id>/{step.replace('_', '-')}",
            view,
            name=f"api_fund_request_{step}",
        )
        for step, view in fund_steps.STEPS.items()
    ),
    path("events", EventsView.as_view(), name="api_events"),
    path("webhook-endpoints", webhooks.EndpointsView.as_view(), name="api_webhook_endpoints"),
    path(
        "webhook-endpoints/<uuid:endpoint_id>",
        webhooks.EndpointView.as_view(),
        name="api_webhook_endpoint",
    ),
    path(
        "webhook-endpoints/<uuid:endpoint_id>/deliveries",
        webhooks.DeliveriesView.as_view(),
        name="api_webhook_deliveries",
    ),
    path("webhook-endpoints/<uuid:endpoint_id>/change", webhooks.change, name="api_webhook_change"),
    path(
        "webhook-endpoints/<uuid:endpoint_id>/test",
        webhooks.TestView.as_view(),
        name="api_webhook_test",
    ),
    path("webhook-endpoints/<uuid:endpoint_id>/pause", webhooks.pause, name="api_webhook_pause"),
    path("webhook-endpoints/<uuid:endpoint_id>/resume", webhooks.resume, name="api_webhook_resume"),
    path("webhook-endpoints/<uuid:endpoint_id>/rotate", webhooks.rotate, name="api_webhook_rotate"),
    path(
        "webhook-endpoints/<uuid:endpoint_id>/replay",
        webhooks.ReplayView.as_view(),
        name="api_webhook_replay",
    ),
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    # The split view keeps its script in a file of its own, as our content security policy asks.
    path(
        "docs/",
        # An OPTIONS to it would look for a template that it does not have.
        SpectacularSwaggerSplitView.as_view(
            url_name="api_schema", http_method_names=["get", "head"]
        ),
        name="api_docs",
    ),
]
