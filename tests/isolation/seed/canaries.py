"""What of beta becomes a canary, and what it is known by."""

from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connections, models, transaction

from accounts.books import tenant_models
from accounts.models import (
    Tenant,
)
from tests.isolation.rooms import ROOMS
from tests.isolation.side import CANARY, Side

# Keys that both tenants share, and words that the database or the code understands: no canaries.
KEPT = {
    "accounts_tenant": {
        "slug",
        "currency",
        "time_zone",
        "brand_color",
        "accent_color",
        "logo_type",
    },
    "accounts_account": {"number"},
    "accounts_product": {"sku"},
    "accounts_program": {"slug"},
    "accounts_activitykind": {"code", "attributes"},
    "accounts_segment": {"code", "condition"},
    "accounts_tally": {"unit", "kind"},
    "accounts_activity": {"kind", "source", "external_id", "line"},
    "accounts_measure": {"kind", "product_line"},
    "accounts_declaredmeasure": {"code", "terms"},
    "accounts_personmeasure": {"kind", "product_line"},
    "accounts_file": {"digest"},
    "accounts_attributemeasure": {"kind", "product_line", "attribute"},
    "accounts_returned": {"kind", "product_line"},
    "accounts_validity": {"kind", "product_line", "ended_as"},
    "accounts_event": {"kind"},
    "accounts_eventreader": {"name"},
    "accounts_jobrun": {"job", "period"},
    "accounts_apikey": {"secret_hash"},
    "accounts_command": {"owner", "key", "route"},
    "accounts_invitation": {"secret_hash", "email"},
    "accounts_importrun": {"stored_as", "rejects_as", "mapping", "options"},
    "accounts_savedview": {"list", "query"},
    "accounts_export": {"list", "query", "stored_as"},
    "rewards_earningrule": {"code", "exclusive_group"},
    "rewards_ruleversion": {"kind", "condition", "segments", "authors"},
    "rewards_campaign": {
        "code",
        "kind",
        "condition",
        "segments",
        "authors",
        "trigger_kind",
    },
    "rewards_milestone": {"code", "kind"},
    "rewards_grantnote": {"campaigns"},
    "rewards_reward": {"code", "details", "business_roles", "from_tier"},
    "rewards_rewardprice": {"condition"},
    "rewards_rewardcode": {"digest"},
    "rewards_redemption": {"decided_by", "request_key"},
    "accounts_notice": {"kind"},
    "accounts_noticechoice": {"kind"},
    "accounts_noticemanners": {"language", "time_zone"},
    "accounts_noticetext": {"kind", "language"},
    "accounts_noticeterms": {"language", "warn_days"},
    "rebates_agreement": {"code", "currency", "tier_code"},
    "rebates_bankdetails": {"country", "hint"},
    "rebates_journalbatch": {"since", "upto", "zone", "currency", "digest"},
    "rebates_journalline": {"kind", "account_number", "ledger_account"},
    "rebates_postingaccounts": {"kind", "debit", "credit"},
    "rebates_reportedsale": {"document", "line", "flags"},
    "rebates_agreementversion": {"condition", "segments", "terms"},
    "rebates_accrual": {"history", "lines", "members", "tier_code"},
    "rebates_statement": {"earned", "true_ups"},
    "tiers_scheme": {"code"},
    "tiers_schemeversion": {"rungs", "authors", "audience"},
    "tiers_tier": {"code", "criteria", "benefits"},
    "tiers_nearness": {"tier_code"},
    "tiers_pin": {"tier_code"},
    "tiers_tierinvitation": {"tier_code"},
    **{table: kept for room in ROOMS for table, kept in room.KEPT.items()},
}


def make_canaries(beta: Side) -> None:
    """As the owner, whom neither the wall nor, for once, the triggers hold back."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table, columns in text_columns().items():
            changes = ", ".join(_changed(table, column, columns[column]) for column in columns)
            key = "id" if table == "accounts_tenant" else "tenant_id"
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET {changes} WHERE {key} = %s", [beta.tenant.id])
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    connections["owner"].close()


def text_columns() -> dict[str, dict[str, bool]]:
    """Of every tenant table, the columns that hold text of people; True where they hold JSON."""
    found: dict[str, dict[Any, bool]] = {}
    for model in [apps.get_model("accounts.Tenant"), *tenant_models()]:
        table = model._meta.db_table
        found[table] = {
            one.column: isinstance(one, models.JSONField)
            for one in model._meta.local_fields
            if isinstance(one, models.CharField | models.TextField | models.JSONField)
            and not one.choices
            and one.column not in KEPT.get(table, ())
        }
    return {table: columns for table, columns in found.items() if columns}


def _changed(table: str, column: str, is_json: bool) -> str:
    canary = f"{CANARY}-{table}-{column}"
    if is_json:
        return f"{column} = coalesce({column}, '{{}}') || '{{\"{CANARY}\": \"{canary}\"}}'"
    longest = next(
        one.max_length
        for model in [Tenant, *tenant_models()]
        if model._meta.db_table == table
        for one in model._meta.local_fields
        if one.column == column
    )
    return f"{column} = '{canary[:longest]}'"


def fingerprint(tenant_id: UUID) -> str:
    """One statement that hashes every row of a tenant: for whoever may see them."""
    tables = [("accounts_tenant", "id")]
    tables += [(model._meta.db_table, "tenant_id") for model in tenant_models()]
    parts = [
        f"SELECT '{table}' AS name, count(*) AS rows, "
        f"md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS hash "
        f"FROM {table} t WHERE {key} = '{tenant_id}'"
        for table, key in sorted(tables)
    ]
    return " UNION ALL ".join(parts)
