from django.urls import path

from loyalty.console import (
    accounts,
    activity,
    campaigns,
    home,
    imports,
    kinds,
    rules,
    segments,
)

urlpatterns = [
    path("", home.home, name="console"),
    path("accounts/", accounts.account_list, name="console_accounts"),
    path("accounts/<uuid:account_id>/enroll/", accounts.enroll_account, name="console_enroll"),
    path("accounts/<uuid:account_id>/", accounts.account, name="console_account"),
    path("activities/<uuid:activity_id>/", activity.activity, name="console_activity"),
    path("kinds/", kinds.kind_list, name="console_kinds"),
    path("kinds/new/", kinds.new_kind, name="console_kind_new"),
    path("kinds/<uuid:kind_id>/", kinds.kind_page, name="console_kind"),
    path("segments/", segments.segment_list, name="console_segments"),
    path("segments/new/", segments.new_segment, name="console_segment_new"),
    path("segments/<uuid:segment_id>/", segments.segment_page, name="console_segment"),
    path("rules/", rules.rule_list, name="console_rules"),
    path("rules/new/", rules.new_rule, name="console_rule_new"),
    path("rules/second-pair/", rules.second_pair, name="console_second_pair"),
    path("rules/<uuid:version_id>/", rules.rule_page, name="console_rule"),
    path("rules/<uuid:version_id>/edit/", rules.edit_rule, name="console_rule_edit"),
    path("rules/<uuid:version_id>/publish/", rules.publish, name="console_rule_publish"),
    path("rules/<uuid:version_id>/discard/", rules.discard, name="console_rule_discard"),
    path("rules/<uuid:version_id>/end/", rules.end, name="console_rule_end"),
    path("rules/<uuid:version_id>/next/", rules.next_version, name="console_rule_next"),
    path("campaigns/", campaigns.campaign_list, name="console_campaigns"),
    path("campaigns/new/", campaigns.new_campaign, name="console_campaign_new"),
    path("campaigns/<uuid:campaign_id>/", campaigns.campaign_page, name="console_campaign"),
    path(
        "campaigns/<uuid:campaign_id>/edit/", campaigns.edit_campaign, name="console_campaign_edit"
    ),
    path(
        "campaigns/<uuid:campaign_id>/publish/", campaigns.publish, name="console_campaign_publish"
    ),
    path(
        "campaigns/<uuid:campaign_id>/discard/", campaigns.discard, name="console_campaign_discard"
    ),
    path("campaigns/<uuid:campaign_id>/end/", campaigns.end, name="console_campaign_end"),
    path("budgets/new/", campaigns.new_budget, name="console_budget_new"),
    path("milestones/new/", campaigns.new_milestone, name="console_milestone_new"),
    path("imports/", imports.import_list, name="console_imports"),
    path("imports/new/", imports.new_import, name="console_import_new"),
    path("imports/<uuid:import_id>/", imports.import_page, name="console_import"),
    path("imports/<uuid:import_id>/rejects/", imports.rejects, name="console_import_rejects"),
]
