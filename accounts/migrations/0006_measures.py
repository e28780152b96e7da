import accounts.ids
import accounts.stamps
import accounts.tenancy
import django.db.models.deletion
from django.db import migrations, models


# What was recorded before, rolled up once: what is left of facts that returns took back in full.
COMPLETED = """
    SELECT whole.tenant_id, whole.id,
           (array_agg(taken.id ORDER BY taken.recorded_at DESC, taken.id DESC))[1] AS last
    FROM accounts_activity whole
    JOIN accounts_activity taken
      ON taken.tenant_id = whole.tenant_id AND taken.reverses_id = whole.id
    GROUP BY whole.tenant_id, whole.id, whole.quantity, whole.amount
    HAVING CASE WHEN whole.quantity > 0 THEN -sum(taken.quantity) = whole.quantity
                ELSE -sum(taken.amount) = whole.amount END
"""
LEFT_OVER = f"""
    SELECT fact.*, date_trunc('month', fact.occurred_at AT TIME ZONE tenant.time_zone)::date AS month
    FROM accounts_activity fact
    JOIN accounts_tenant tenant ON tenant.id = fact.tenant_id
    LEFT JOIN ({COMPLETED}) completed
           ON completed.tenant_id = fact.tenant_id AND completed.id = fact.id
    WHERE fact.reverses_id IS NULL AND completed.id IS NULL
"""
ROLL_UP = [
    f"""
    INSERT INTO accounts_personmeasure
        (tenant_id, account_id, month, kind, product_line, member_id, count)
    SELECT tenant_id, account_id, month, kind, product_line, member_id, count(*)
    FROM ({LEFT_OVER}) fact WHERE member_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6
    """,
    f"""
    INSERT INTO accounts_attributemeasure
        (tenant_id, account_id, month, kind, product_line, attribute, total, count)
    SELECT tenant_id, account_id, month, kind, product_line, stated.key,
           sum(trunc((stated.value #>> '{{}}')::numeric, 9)), count(*)
    FROM ({LEFT_OVER}) fact CROSS JOIN LATERAL jsonb_each(fact.attributes) stated
    WHERE jsonb_typeof(stated.value) = 'number' GROUP BY 1, 2, 3, 4, 5, 6
    """,
    f"""
    INSERT INTO accounts_returned
        (tenant_id, account_id, month, returned, kind, product_line, amount, quantity, count)
    SELECT original.tenant_id, original.account_id,
           date_trunc('month', original.occurred_at AT TIME ZONE tenant.time_zone)::date,
           date_trunc('month', taken.occurred_at AT TIME ZONE tenant.time_zone)::date,
           original.kind, original.product_line, -sum(taken.amount), -sum(taken.quantity),
           count(*) FILTER (WHERE completed.last = taken.id)
    FROM accounts_activity taken
    JOIN accounts_tenant tenant ON tenant.id = taken.tenant_id
    JOIN accounts_activity original
      ON original.tenant_id = taken.tenant_id AND original.id = taken.reverses_id
    LEFT JOIN ({COMPLETED}) completed
           ON completed.tenant_id = original.tenant_id AND completed.id = original.id
    GROUP BY 1, 2, 3, 4, 5, 6
    """,
    f"""
    INSERT INTO accounts_validity
        (tenant_id, activity_id, account_id, member_id, kind, product_line, begins_at, ends_at,
         revoked_at)
    SELECT fact.tenant_id, fact.id, fact.account_id, fact.member_id, fact.kind, fact.product_line,
           fact.occurred_at,
           CASE WHEN stated.day < '9999-01-01' THEN
                (greatest(stated.day, '1970-01-01') + 1)::timestamp AT TIME ZONE tenant.time_zone
           END, back.occurred_at
    FROM accounts_activity fact
    JOIN accounts_tenant tenant ON tenant.id = fact.tenant_id
    LEFT JOIN ({COMPLETED}) completed
           ON completed.tenant_id = fact.tenant_id AND completed.id = fact.id
    LEFT JOIN accounts_activity back ON back.tenant_id = fact.tenant_id AND back.id = completed.last
    CROSS JOIN LATERAL (SELECT CASE
        WHEN jsonb_typeof(fact.attributes -> 'valid_until') = 'string'
         AND fact.attributes ->> 'valid_until' ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$'
         AND pg_input_is_valid(fact.attributes ->> 'valid_until', 'date')
        THEN (fact.attributes ->> 'valid_until')::date END AS day) stated
    WHERE fact.reverses_id IS NULL AND (fact.kind = 'certificate' OR stated.day IS NOT NULL)
    """,
]
# Points stand in the ledger of the floor above, whose tables a new database does not have yet;
# nor has it any points then.
POINTS = """
    UPDATE accounts_measure measure SET points = granted.points FROM (
        SELECT fact.tenant_id, fact.account_id, coalesce(original.kind, fact.kind) AS kind,
               fact.product_line, sum(entry.available + entry.pending) AS points,
               date_trunc('month', fact.occurred_at AT TIME ZONE tenant.time_zone)::date AS month
        FROM rewards_entry entry
        JOIN accounts_tenant tenant ON tenant.id = entry.tenant_id
        JOIN rewards_wallet wallet
          ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
        JOIN accounts_activity fact
          ON fact.tenant_id = entry.tenant_id AND fact.id = entry.activity_id
        LEFT JOIN accounts_activity original
               ON original.tenant_id = fact.tenant_id AND original.id = fact.reverses_id
        WHERE wallet.unit <> 'credits' AND entry.kind IN ('earn', 'reverse')
        GROUP BY 1, 2, 3, 4, 6
    ) granted
    WHERE measure.tenant_id = granted.tenant_id AND measure.account_id = granted.account_id
      AND measure.kind = granted.kind AND measure.product_line = granted.product_line
      AND measure.month = granted.month
"""


def roll_up_what_happened(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in ROLL_UP:
            cursor.execute(statement)
        cursor.execute("SELECT to_regclass('rewards_entry')")
        if cursor.fetchone()[0]:
            cursor.execute(POINTS)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_commands'),
    ]

    operations = [
        migrations.AddField(
            model_name='measure',
            name='points',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name='AttributeMeasure',
            fields=[
                ('month', models.DateField()),
                ('kind', models.CharField(max_length=40)),
                ('product_line', models.CharField(default='', max_length=80)),
                ('pk', models.CompositePrimaryKey('tenant_id', 'account_id', 'month', 'kind', 'product_line', 'attribute', blank=True, editable=False, primary_key=True, serialize=False)),
                ('attribute', models.CharField(max_length=60)),
                ('total', models.DecimalField(decimal_places=9, default=0, max_digits=40)),
                ('count', models.BigIntegerField(default=0)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PersonMeasure',
            fields=[
                ('month', models.DateField()),
                ('kind', models.CharField(max_length=40)),
                ('product_line', models.CharField(default='', max_length=80)),
                ('pk', models.CompositePrimaryKey('tenant_id', 'account_id', 'month', 'kind', 'product_line', 'member_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('count', models.BigIntegerField(default=0)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.member')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Returned',
            fields=[
                ('month', models.DateField()),
                ('kind', models.CharField(max_length=40)),
                ('product_line', models.CharField(default='', max_length=80)),
                ('pk', models.CompositePrimaryKey('tenant_id', 'account_id', 'month', 'returned', 'kind', 'product_line', blank=True, editable=False, primary_key=True, serialize=False)),
                ('returned', models.DateField()),
                ('amount', models.BigIntegerField(default=0)),
                ('quantity', models.DecimalField(decimal_places=4, default=0, max_digits=18)),
                ('count', models.BigIntegerField(default=0)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='DeclaredMeasure',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('terms', models.JSONField(default=dict)),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'code'), name='declared_measure_is_unique'), accounts.stamps.RenewsTermsStamp(name='declared_measure_renews_stamp')],
            },
        ),
        migrations.CreateModel(
            name='Validity',
            fields=[
                ('pk', models.CompositePrimaryKey('tenant_id', 'account_id', 'activity_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('product_line', models.CharField(default='', max_length=80)),
                ('begins_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('activity', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.activity')),
                ('member', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.member')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
        ),
        migrations.RunPython(roll_up_what_happened, migrations.RunPython.noop),
    ]
