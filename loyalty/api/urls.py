from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from loyalty.api import (
    adjustments,
    deal_steps,
    lead_steps,
    rebate_statements,
    redemptions,
    sales,
    transfers,
    webhooks,
)
from loyalty.api.accounts import AccountsView, AccountView
from loyalty.api.accruals import AccrualsView
from loyalty.api.activities import ActivitiesView
from loyalty.api.agreements import AcceptView, AgreementsView, AgreementView
from loyalty.api.benefits import BenefitsView
from loyalty.api.deals import DealsView, DealView
from loyalty.api.enrollments import EnrollmentsView
from loyalty.api.entries import EntriesView, EntryView
from loyalty.api.events import EventsView
from loyalty.api.explanations import WhyView
from loyalty.api.journal import JournalBatchesView, JournalLinesView
from loyalty.api.kept import ActivityView
from loyalty.api.ladders import LaddersView, VersionsView
from loyalty.api.leads import LeadsView, LeadView
from loyalty.api.lots import ExpiringView, LotsView
from loyalty.api.measures import MeasuresView
from loyalty.api.reversals import ReversalsView
from loyalty.api.rewards import RewardsView
from loyalty.api.standings import StandingsView
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
        "rebate-statements/<uuid:statement_id>/approve",
        rebate_statements.approve,
        name="api_statement_approve",
    ),
    path("settlements", rebate_statements.SettlementsView.as_view(), name="api_settlements"),
    path("journal-batches", JournalBatchesView.as_view(), name="api_journal_batches"),
    path(
        "journal-batches/<uuid:batch_id>/lines",
        JournalLinesView.as_view(),
        name="api_journal_lines",
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
