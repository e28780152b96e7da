from django.urls import path

from loyalty.portal import (
    activities,
    agreements,
    bank,
    claims,
    credits,
    deals,
    files,
    how,
    leads,
    overview,
    points,
    rebate_statements,
    redemptions,
    rewards,
    sales,
    statement,
    tiers,
    transfers,
)

urlpatterns = [
    path("", overview.first, name="portal"),
    path("files/<uuid:file_id>/", files.file, name="portal_file"),
    path("<uuid:enrollment_id>/", overview.overview, name="portal_overview"),
    path("<uuid:enrollment_id>/entries/", points.entries, name="portal_entries"),
    path("<uuid:enrollment_id>/entries/transfer/", transfers.transfer, name="portal_transfer"),
    path(
        "<uuid:enrollment_id>/entries/activities/", activities.activities, name="portal_activities"
    ),
    path(
        "<uuid:enrollment_id>/entries/activities/<uuid:activity_id>/",
        activities.activity,
        name="portal_activity",
    ),
    path("<uuid:enrollment_id>/entries/missing/", claims.missing, name="portal_claims"),
    path("<uuid:enrollment_id>/entries/credits/", credits.credit_list, name="portal_credits"),
    path(
        "<uuid:enrollment_id>/entries/credits/<uuid:credit_id>/file/",
        credits.credit_note,
        name="portal_credit_note",
    ),
    path("<uuid:enrollment_id>/entries/bank/", bank.bank, name="portal_bank"),
    path("<uuid:enrollment_id>/entries/sales/", sales.reports, name="portal_sales"),
    path(
        "<uuid:enrollment_id>/entries/sales/<uuid:report_id>/",
        sales.report,
        name="portal_sales_report",
    ),
    path("<uuid:enrollment_id>/deals/", deals.deals, name="portal_deals"),
    path("<uuid:enrollment_id>/deals/new/", deals.new_deal, name="portal_deal_new"),
    path("<uuid:enrollment_id>/deals/<uuid:deal_id>/", deals.deal, name="portal_deal"),
    path("<uuid:enrollment_id>/leads/", leads.leads, name="portal_leads"),
    path("<uuid:enrollment_id>/leads/<uuid:lead_id>/", leads.lead, name="portal_lead"),
    path(
        "<uuid:enrollment_id>/leads/<uuid:lead_id>/deal/",
        leads.deal_of_lead,
        name="portal_lead_deal",
    ),
    path("<uuid:enrollment_id>/how/", how.how_it_works, name="portal_how"),
    path("<uuid:enrollment_id>/tiers/", tiers.tiers, name="portal_tiers"),
    path("<uuid:enrollment_id>/entries/statement/", statement.statement, name="portal_statement"),
    path(
        "<uuid:enrollment_id>/entries/statement/file/",
        statement.statement_file,
        name="portal_statement_file",
    ),
    path("<uuid:enrollment_id>/rebates/", agreements.agreements, name="portal_rebates"),
    path(
        "<uuid:enrollment_id>/rebates/<uuid:agreement_id>/",
        agreements.agreement,
        name="portal_agreement",
    ),
    path(
        "<uuid:enrollment_id>/rebates/statements/<uuid:statement_id>/",
        rebate_statements.statement,
        name="portal_rebate_statement",
    ),
    path(
        "<uuid:enrollment_id>/rebates/statements/<uuid:statement_id>/file/",
        rebate_statements.statement_file,
        name="portal_rebate_statement_file",
    ),
    path("<uuid:enrollment_id>/rewards/", rewards.catalogue, name="portal_rewards"),
    path("<uuid:enrollment_id>/rewards/<uuid:reward_id>/", rewards.reward, name="portal_reward"),
    path(
        "<uuid:enrollment_id>/rewards/redemptions/",
        redemptions.redemptions,
        name="portal_redemptions",
    ),
    path(
        "<uuid:enrollment_id>/rewards/redemptions/<uuid:redemption_id>/",
        redemptions.redemption,
        name="portal_redemption",
    ),
    path(
        "<uuid:enrollment_id>/rewards/redemptions/<uuid:redemption_id>/cancel/",
        redemptions.cancel,
        name="portal_redemption_cancel",
    ),
    path(
        "<uuid:enrollment_id>/rewards/redemptions/<uuid:redemption_id>/code/",
        redemptions.code,
        name="portal_redemption_code",
    ),
]
