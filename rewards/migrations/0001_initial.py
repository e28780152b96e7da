import accounts.appendonly
import accounts.ids
import accounts.references
import accounts.stamps
import accounts.tenancy
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('tiers', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='EarningRule',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('exclusive_group', models.CharField(blank=True, default='', max_length=40)),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='accounts.program')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'program', 'code'), name='earning_rule_code_is_unique'), accounts.stamps.RenewsTermsStamp(name='earning_rule_renews_stamp')],
            },
        ),
        migrations.CreateModel(
            name='RuleVersion',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('valid_from', models.DateTimeField()),
                ('valid_to', models.DateTimeField(null=True)),
                ('kind', models.CharField(max_length=40)),
                ('condition', models.JSONField(blank=True, default=dict)),
                ('unit', models.CharField(choices=[('points', 'points'), ('credits', 'status credits')], default='points', max_length=10)),
                ('basis', models.CharField(choices=[('per_amount', 'per 1.00 of the amount'), ('per_unit', 'per unit of the quantity'), ('fixed', 'per activity')], max_length=10)),
                ('rate', models.DecimalField(decimal_places=4, max_digits=12)),
                ('tier_multiplies', models.BooleanField(default=True)),
                ('cap', models.BigIntegerField(blank=True, null=True)),
                ('cap_window', models.CharField(blank=True, choices=[('', 'no cap'), ('activity', 'per activity'), ('month', 'per account and month'), ('quarter', 'per account and quarter')], default='', max_length=8)),
                ('hold_days', models.PositiveSmallIntegerField(default=0)),
                ('published_at', models.DateTimeField(null=True)),
                ('published_by', models.CharField(blank=True, default='', max_length=60)),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='rewards.earningrule')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'rule', 'number'), name='rule_version_number_is_unique'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gt', models.F('valid_from')), _connector='OR'), name='rule_version_lasts'), models.CheckConstraint(condition=models.Q(models.Q(('cap', None), ('cap_window', '')), models.Q(('cap__gt', 0), models.Q(('cap_window', ''), _negated=True)), _connector='OR'), name='rule_version_cap_has_a_window'), models.CheckConstraint(condition=models.Q(('rate__gt', 0)), name='rule_version_rate_positive'), accounts.stamps.RenewsTermsStamp(name='rule_version_renews_stamp')],
            },
        ),
        migrations.CreateModel(
            name='Wallet',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('unit', models.CharField(choices=[('points', 'points'), ('credits', 'status credits')], max_length=10)),
                ('available', models.BigIntegerField(default=0)),
                ('pending', models.BigIntegerField(default=0)),
                ('reserved', models.BigIntegerField(default=0)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='wallets', to='accounts.account')),
                ('member', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wallets', to='accounts.member')),
                ('program', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.program')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'account', 'program', 'unit', 'member'), name='wallet_once_per_holder', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('pending__gte', 0)), name='wallet_pending_not_negative'), models.CheckConstraint(condition=models.Q(('reserved__gte', 0)), name='wallet_reserved_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('earn', 'Earn'), ('activate', 'Activate'), ('reserve', 'Reserve'), ('spend', 'Spend'), ('release', 'Release'), ('expire', 'Expire'), ('reverse', 'Reverse'), ('adjust', 'Adjust'), ('transfer', 'Transfer')], max_length=8)),
                ('available', models.BigIntegerField(default=0)),
                ('pending', models.BigIntegerField(default=0)),
                ('reserved', models.BigIntegerField(default=0)),
                ('occurred_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('actor', models.CharField(max_length=60)),
                ('cause', models.UUIDField()),
                ('multiplier', models.DecimalField(decimal_places=3, max_digits=6, null=True)),
                ('desired', models.BigIntegerField(null=True)),
                ('activity', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='accounts.activity')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
                ('tier', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tiers.tier')),
                ('rule_version', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rewards.ruleversion')),
                ('wallet', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='rewards.wallet')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant', 'wallet', '-occurred_at', '-id'], name='entry_by_wallet')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'cause', 'wallet', 'kind', 'rule_version'), name='entry_once_per_cause', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'earn'), _negated=True), models.Q(('activity__isnull', False), ('desired__isnull', False), ('rule_version__isnull', False)), _connector='OR'), name='entry_earned_by_a_rule'), accounts.appendonly.AppendOnly(name='entry_append_only'), accounts.references.CheckedReferences(name='entry_references')],
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
                ('entry', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='lot', serialize=False, to='rewards.entry')),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('active', 'Active')], max_length=7)),
                ('amount', models.BigIntegerField()),
                ('remaining', models.BigIntegerField()),
                ('earned_at', models.DateTimeField()),
                ('activates_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('wallet', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='rewards.wallet')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('remaining__gt', 0)), fields=['tenant', 'wallet', 'expires_at', 'earned_at'], name='lot_open'), models.Index(condition=models.Q(('expires_at__isnull', False), ('remaining__gt', 0)), fields=['tenant', 'expires_at'], name='lot_expiring'), models.Index(condition=models.Q(('remaining__gt', 0), ('state', 'pending')), fields=['tenant', 'activates_at'], name='lot_pending')],
                'constraints': [models.CheckConstraint(condition=models.Q(('remaining__gte', 0), ('remaining__lte', models.F('amount'))), name='lot_remaining_within_amount'), models.CheckConstraint(condition=models.Q(('state', 'active'), ('activates_at__isnull', False), _connector='OR'), name='lot_pending_until_a_day'), accounts.references.CheckedReferences(name='lot_references')],
            },
        ),
        migrations.CreateModel(
            name='LotUse',
            fields=[
                ('pk', models.CompositePrimaryKey('tenant_id', 'lot_id', 'entry_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('amount', models.BigIntegerField()),
                ('entry', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='rewards.entry')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
                ('lot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='rewards.lot')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'entry'], name='lot_use_by_entry')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount', 0), _negated=True), name='lot_use_moves_something'), accounts.appendonly.AppendOnly(name='lot_use_append_only')],
            },
        ),
        migrations.CreateModel(
            name='CapUse',
            fields=[
                ('pk', models.CompositePrimaryKey('tenant_id', 'account_id', 'rule_id', 'period', blank=True, editable=False, primary_key=True, serialize=False)),
                ('period', models.DateField()),
                ('used', models.BigIntegerField()),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
                ('rule', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rewards.earningrule')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('used__gte', 0)), name='cap_use_not_negative')],
            },
        ),
    ]
