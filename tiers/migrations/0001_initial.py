import accounts.ids
import accounts.stamps
import accounts.tenancy
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Scheme',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='schemes', to='accounts.program')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'program'), name='scheme_once_per_program')],
            },
        ),
        migrations.CreateModel(
            name='SchemeVersion',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('valid_from', models.DateTimeField()),
                ('basis', models.CharField(choices=[('amount', 'Revenue'), ('status_credits', 'Status credits')], max_length=16)),
                ('span', models.CharField(choices=[('total', 'everything together'), ('best_line', 'the best product line')], default='total', max_length=10)),
                ('keep_quarters', models.PositiveSmallIntegerField(default=1)),
                ('published_at', models.DateTimeField(null=True)),
                ('published_by', models.CharField(blank=True, default='', max_length=60)),
                ('scheme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='tiers.scheme')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'scheme', 'number'), name='scheme_version_number_is_unique'), accounts.stamps.RenewsTermsStamp(name='scheme_version_renews_stamp')],
            },
        ),
        migrations.CreateModel(
            name='Tier',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('rank', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=40)),
                ('threshold', models.BigIntegerField()),
                ('multiplier', models.DecimalField(decimal_places=3, default=1, max_digits=6)),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tiers', to='tiers.schemeversion')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'version', 'rank'), name='tier_rank_is_unique'), models.CheckConstraint(condition=models.Q(models.Q(('rank', 0), ('threshold', 0)), models.Q(('rank__gt', 0), ('threshold__gt', 0)), _connector='OR'), name='tier_first_asks_for_nothing'), models.CheckConstraint(condition=models.Q(('multiplier__gt', 0)), name='tier_multiplier_positive'), accounts.stamps.RenewsTermsStamp(name='tier_renews_stamp')],
            },
        ),
        migrations.CreateModel(
            name='Standing',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('follows', models.DateTimeField(null=True)),
                ('cause', models.CharField(choices=[('enrolled', 'Joined the program'), ('reached', 'Reached the next tier'), ('evaluated', "Evaluated at the quarter's end")], max_length=10)),
                ('evidence', models.JSONField(default=dict)),
                ('decided_at', models.DateTimeField()),
                ('enrollment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='standings', to='accounts.enrollment')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
                ('tier', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tiers.tier')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'enrollment', 'ends_at'), name='standing_ends_once', nulls_distinct=False), models.UniqueConstraint(fields=('tenant', 'enrollment', 'follows'), name='standing_follows_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('follows', None), ('follows', models.F('starts_at')), _connector='OR'), name='standing_follows_without_gap'), models.CheckConstraint(condition=models.Q(('ends_at', None), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='standing_lasts')],
            },
        ),
    ]
