"""Whom a ladder is for and whether it leads become terms of its versions; who led when is kept.

And a standing ends by an update within its page, without touching an index: a period's end ends a
fifth of all standings. That no two end at one moment follows from what stays: each but the first
follows the end of one before it, and no end is followed twice.
"""

import django.db.models.deletion
from django.db import migrations, models

import accounts.ids
import accounts.tenancy

# The owner of the tables sees no tenant's rows, and published versions stay: neither is meant here.
OPEN = """
ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE {table} DISABLE TRIGGER USER;
"""
CLOSE = """
ALTER TABLE {table} ENABLE TRIGGER USER;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
"""
TABLES = ("tiers_scheme", "tiers_schemeversion", "tiers_lead")
GIVE = """
UPDATE tiers_schemeversion version SET audience = scheme.audience FROM tiers_scheme scheme
WHERE scheme.tenant_id = version.tenant_id AND scheme.id = version.scheme_id;

INSERT INTO tiers_lead (tenant_id, id, program_id, scheme_id, starts_at)
SELECT tenant_id, uuidv7(), program_id, id, '1900-01-01 00:00+00' FROM tiers_scheme
WHERE is_leading;
"""
TAKE = """
UPDATE tiers_scheme scheme SET audience = version.audience FROM (
    SELECT DISTINCT ON (tenant_id, scheme_id) tenant_id, scheme_id, audience
    FROM tiers_schemeversion WHERE state <> 'discarded'
    ORDER BY tenant_id, scheme_id, state = 'published' DESC, number DESC
) version
WHERE version.tenant_id = scheme.tenant_id AND version.scheme_id = scheme.id;
"""


def opened(statements: str) -> str:
    around = [text.format(table=table) for text in (OPEN, CLOSE) for table in TABLES]
    return "".join([*around[: len(TABLES)], statements, *around[len(TABLES) :]])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_references_by_key"),
        ("tiers", "0005_standings_checked_at_once"),
    ]

    operations = [
        migrations.CreateModel(
            name="Lead",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        default=accounts.tenancy.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=accounts.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                (
                    "program",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="accounts.program",
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="tiers.scheme",
                    ),
                ),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.UniqueConstraint(
                fields=("tenant", "program", "starts_at"), name="lead_begins_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.UniqueConstraint(
                fields=("tenant", "program", "ends_at"),
                name="lead_ends_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at", None), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                ),
                name="lead_lasts",
            ),
        ),
        migrations.AddField(
            model_name="schemeversion",
            name="audience",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="schemeversion",
            name="takes_lead",
            field=models.BooleanField(default=False),
        ),
        migrations.RunSQL(opened(GIVE), opened(TAKE)),
        migrations.RemoveField(model_name="scheme", name="audience"),
        migrations.RemoveConstraint(model_name="standing", name="standing_ends_once"),
        migrations.RemoveIndex(model_name="standing", name="standing_by_fall"),
        migrations.RemoveIndex(model_name="standing", name="standing_by_pin"),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("falls_at__isnull", False)),
                fields=["tenant", "falls_at"],
                name="standing_by_fall",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("pinned_until__isnull", False)),
                fields=["tenant", "pinned_until"],
                name="standing_by_pin",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE tiers_standing SET (fillfactor = 80)",
            "ALTER TABLE tiers_standing RESET (fillfactor)",
        ),
    ]
