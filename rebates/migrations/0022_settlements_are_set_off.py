"""What corrections take back beyond what is due is set off against settlements, or carried."""

import accounts.appendonly
import accounts.ids
import accounts.tenancy
import django.db.models.deletion
import django.db.models.functions.math
from django.db import migrations, models
from django.db.models import Q

TABLES = (
    "rebates_settlement", "rebates_setoff", "rebates_payment", "rebates_credit",
    "rebates_statement", "rebates_agreement",
)

# Of each wallet, corrections in their order lie end to end beside what they were taken off: first
# what was paid less than it was settled for, then what is still to be paid, the newest first. Where
# two overlap, that much was set off.
SET_OFFS = """
WITH gone AS (
    SELECT tenant_id, settlement_id, sum(amount) AS amount
    FROM (
        SELECT tenant_id, settlement_id, amount FROM rebates_payment
        WHERE state IN ('sent', 'paid')
        UNION ALL
        SELECT tenant_id, settlement_id, amount FROM rebates_credit
    ) left_the_wallet
    GROUP BY tenant_id, settlement_id
), settled AS (
    SELECT z.tenant_id, z.account_id, g.program_id, z.id, z.amount, z.approved_at,
           coalesce(gone.amount, 0) AS gone
    FROM rebates_settlement z
    JOIN rebates_statement s ON s.tenant_id = z.tenant_id AND s.id = z.statement_id
    JOIN rebates_agreement g ON g.tenant_id = s.tenant_id AND g.id = s.agreement_id
    LEFT JOIN gone ON gone.tenant_id = z.tenant_id AND gone.settlement_id = z.id
), corrections AS (
    SELECT settled.*, -amount AS size,
           sum(-amount) OVER (PARTITION BY tenant_id, account_id, program_id
                              ORDER BY approved_at, id) AS upto
    FROM settled WHERE amount < 0
), to_pay AS (
    SELECT settled.*, amount - gone AS size,
           sum(amount - gone) OVER (PARTITION BY tenant_id, account_id, program_id
                                    ORDER BY gone = 0, approved_at DESC, id DESC) AS upto
    FROM settled WHERE amount > gone
)
INSERT INTO rebates_setoff (tenant_id, id, settlement_id, correction_id, amount, made_at)
SELECT c.tenant_id, uuidv7(), p.id, c.id,
       least(p.upto, c.upto) - greatest(p.upto - p.size, c.upto - c.size),
       greatest(p.approved_at, c.approved_at)
FROM corrections c JOIN to_pay p USING (tenant_id, account_id, program_id)
WHERE least(p.upto, c.upto) > greatest(p.upto - p.size, c.upto - c.size)
"""

SUMS = """
UPDATE rebates_settlement z SET set_off = made.amount
FROM (
    SELECT tenant_id, side.id, sum(amount) AS amount
    FROM rebates_setoff CROSS JOIN LATERAL (VALUES (settlement_id), (correction_id)) side (id)
    GROUP BY tenant_id, side.id
) made
WHERE made.tenant_id = z.tenant_id AND made.id = z.id
"""

STATES = """
UPDATE rebates_settlement
SET state = CASE WHEN set_off = abs(amount) THEN 'set_off' ELSE 'carried' END
WHERE amount < 0 OR set_off = amount
"""

STATES_BEFORE = """
UPDATE rebates_settlement SET state = 'approved' WHERE state IN ('set_off', 'carried')
"""


def of_all_tenants(*statements: str) -> list[str]:
    return [
        *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in TABLES),
        *statements,
        "SET CONSTRAINTS ALL IMMEDIATE",
        *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in TABLES),
    ]


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0022_events_of_note_by_account'),
        ('rebates', '0021_awards_of_money'),
    ]

    operations = [
        migrations.AddField(
            model_name='settlement',
            name='set_off',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='settlement',
            name='state',
            field=models.CharField(choices=[('approved', 'Approved'), ('paid', 'Paid'), ('returned', 'Returned'), ('carried', 'Carried to the next settlement'), ('set_off', 'Set off')], default='approved', max_length=8),
        ),
        migrations.CreateModel(
            name='SetOff',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('amount', models.BigIntegerField()),
                ('made_at', models.DateTimeField()),
                ('correction', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='taken_off', to='rebates.settlement')),
                ('settlement', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='set_offs', to='rebates.settlement')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant', 'correction'], name='set_off_by_correction')],
                'constraints': [
                    models.UniqueConstraint(fields=('tenant', 'settlement', 'correction'), name='set_off_once'),
                    models.CheckConstraint(condition=Q(('amount__gt', 0)), name='set_off_of_something'),
                    accounts.appendonly.AppendOnly(name='set_off_append_only'),
                ],
            },
        ),
        migrations.RunSQL(of_all_tenants(SET_OFFS, SUMS, STATES), of_all_tenants(STATES_BEFORE)),
        migrations.AddConstraint(
            model_name='settlement',
            constraint=models.CheckConstraint(condition=Q(Q(('amount__gt', 0), Q(('state', 'carried'), _negated=True)), Q(('amount__lt', 0), ('state__in', ['carried', 'set_off'])), _connector='OR'), name='settlement_below_zero_is_carried'),
        ),
        migrations.AddConstraint(
            model_name='settlement',
            constraint=models.CheckConstraint(condition=Q(('set_off__gte', 0), Q(Q(('set_off', django.db.models.functions.math.Abs('amount')), ('state', 'set_off')), Q(Q(('state', 'set_off'), _negated=True), ('set_off__lt', django.db.models.functions.math.Abs('amount'))), _connector='OR')), name='settlement_set_off_at_most_once'),
        ),
    ]
