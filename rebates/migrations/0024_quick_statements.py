"""What stating a quarter takes is nearer at hand: the days to answer beside the accrual, and one
index less on statements."""

from django.db import migrations, models

TABLES = ("rebates_accrual", "rebates_agreementversion")
ANSWER_DAYS = """
UPDATE rebates_accrual a SET answer_days = v.answer_days
FROM rebates_agreementversion v
WHERE v.tenant_id = a.tenant_id AND v.id = a.version_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('rebates', '0023_credits_below_one_point'),
    ]

    operations = [
        migrations.AddField(
            model_name='accrual',
            name='answer_days',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.RunSQL(
            [
                *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in TABLES),
                ANSWER_DAYS,
                *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in TABLES),
            ],
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint(model_name='statement', name='statement_once_per_day'),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.UniqueConstraint(
                fields=('tenant', 'account', 'agreement', 'upto'), name='statement_once_per_day'
            ),
        ),
        migrations.RemoveIndex(model_name='statement', name='statement_by_account'),
    ]
