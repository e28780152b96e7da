"""Statements keep their lines themselves; accruals are updated within their page, and it is known
how far they have followed the facts."""

import accounts.ids
import accounts.tenancy
import django.db.models.deletion
from django.db import migrations, models


# Of statements whose lines are rows, which they stay.
LINES = """
UPDATE rebates_statement s SET earned = said.earned, true_ups = said.true_ups
FROM (
    SELECT tenant_id, statement_id,
           coalesce(jsonb_agg(lines) FILTER (WHERE corrects IS NULL) -> 0, '[]') AS earned,
           coalesce(jsonb_agg(jsonb_build_array(corrects, lines) ORDER BY corrects)
                    FILTER (WHERE corrects IS NOT NULL), '[]') AS true_ups
    FROM (
        SELECT tenant_id, statement_id, corrects,
               jsonb_agg(jsonb_build_array(product_line, basis, amount) ORDER BY number) AS lines
        FROM rebates_statementline GROUP BY tenant_id, statement_id, corrects
    ) of_period
    GROUP BY tenant_id, statement_id
) said
WHERE s.tenant_id = said.tenant_id AND s.id = said.statement_id
"""


CLOSING = """
UPDATE rebates_accrual a SET closes_on = a.until + v.grace_days
FROM rebates_agreementversion v
WHERE v.tenant_id = a.tenant_id AND v.id = a.version_id AND v.settles = 'period'
"""


def of_all_tenants(*statements: str) -> list[str]:
    tables = (
        "rebates_statement", "rebates_statementline", "rebates_accrual", "rebates_agreementversion"
    )
    return [
        *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in tables),
        *statements,
        *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in tables),
    ]


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_tenants_of_events_checked_at_once'),
        ('rebates', '0013_journal'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccrualMark',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('upto', models.UUIDField()),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddConstraint(
            model_name='accrualmark',
            constraint=models.UniqueConstraint(fields=('tenant',), name='accrual_mark_is_one'),
        ),
        migrations.AddField(
            model_name='accrual',
            name='is_steady',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='accrual',
            name='closes_on',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='statement',
            name='earned',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='statement',
            name='true_ups',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AlterField(
            model_name='statementline',
            name='statement',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rebates.statement'),
        ),
        migrations.RunSQL(of_all_tenants(LINES, CLOSING), migrations.RunSQL.noop),
        # Room for the whole period's end: a row that stays in its page touches no index.
        migrations.RunSQL(
            "ALTER TABLE rebates_accrual SET (fillfactor = 45)", "ALTER TABLE rebates_accrual RESET (fillfactor)"
        ),
    ]
