import accounts.appendonly
import accounts.ids
import accounts.published
import accounts.stamps
import accounts.tenancy
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_activity_kinds'),
        ('rewards', '0002_room_for_updates'),
    ]

    operations = [
        migrations.AddField(
            model_name='ruleversion',
            name='authors',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='beneficiary',
            field=models.CharField(choices=[('account', 'the account'), ('member', 'the member who did it'), ('both', 'the account and the member, each in full')], default='account', max_length=8),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='discarded_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='ruleversion',
            name='segments',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name='ruleversion',
            name='cap_window',
            field=models.CharField(blank=True, choices=[('', 'no cap'), ('activity', 'per activity'), ('month', 'per account and month'), ('quarter', 'per account and quarter'), ('year', 'per account and calendar year')], default='', max_length=8),
        ),
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(max_length=40)),
                ('unit', models.CharField(choices=[('points', 'points'), ('credits', 'status credits')], default='points', max_length=10)),
                ('condition', models.JSONField(blank=True, default=dict)),
                ('segments', models.JSONField(blank=True, default=dict)),
                ('multiplier', models.DecimalField(decimal_places=3, default=1, max_digits=6)),
                ('bonus', models.BigIntegerField(default=0)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('trigger_kind', models.CharField(blank=True, default='', max_length=40)),
                ('trigger_counted', models.CharField(blank=True, choices=[('count', 'number of activities'), ('amount', 'amount'), ('quantity', 'quantity')], default='', max_length=8)),
                ('trigger_threshold', models.BigIntegerField(blank=True, null=True)),
                ('trigger_window', models.CharField(blank=True, choices=[('month', 'in a calendar month'), ('quarter', 'in a calendar quarter'), ('year', 'in a calendar year'), ('lifetime', 'ever')], default='', max_length=8)),
                ('days', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('authors', models.JSONField(blank=True, default=list)),
                ('published_at', models.DateTimeField(null=True)),
                ('published_by', models.CharField(blank=True, default='', max_length=60)),
                ('discarded_at', models.DateTimeField(null=True)),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='accounts.program')),
                ('rule', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='rewards.earningrule')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'program', 'code'), name='campaign_code_is_unique'), models.CheckConstraint(condition=models.Q(('ends_at', None), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='campaign_lasts'), models.CheckConstraint(condition=models.Q(('bonus__gte', 0), ('multiplier__gte', 1), ('multiplier__lte', 100), models.Q(('multiplier__gt', 1), ('bonus__gt', 0), _connector='OR')), name='campaign_raises'), models.CheckConstraint(condition=models.Q(('bonus', 0), ('rule__isnull', False), _connector='OR'), name='campaign_bonus_has_one_rule'), models.CheckConstraint(condition=models.Q(models.Q(('days', None), ('ends_at__isnull', False), ('trigger_counted', ''), ('trigger_kind', ''), ('trigger_threshold', None), ('trigger_window', '')), models.Q(('days__gt', 0), ('trigger_threshold__gt', 0), models.Q(('trigger_kind', ''), _negated=True), models.Q(('trigger_counted', ''), _negated=True), models.Q(('trigger_window__in', ['', 'lifetime']), _negated=True)), _connector='OR'), name='campaign_is_limited_in_time'), models.CheckConstraint(condition=models.Q(('published_at', None), ('discarded_at', None), _connector='OR'), name='campaign_published_or_discarded'), accounts.published.PublishedStays(but='ends_at', name='campaign_published_stays'), accounts.stamps.RenewsTermsStamp(name='campaign_renews_stamp')],
            },
        ),
        migrations.CreateModel(
            name='Boost',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('period', models.DateField()),
                ('reached', models.DecimalField(decimal_places=4, max_digits=20)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account')),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.activity')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='boosts', to='rewards.campaign')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'account', 'campaign', 'period'), name='boost_once_per_period'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='boost_lasts'), accounts.appendonly.AppendOnly(name='boost_append_only')],
            },
        ),
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('unit', models.CharField(choices=[('points', 'points'), ('credits', 'status credits')], default='points', max_length=10)),
                ('amount', models.BigIntegerField()),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=60)),
                ('created_at', models.DateTimeField()),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='budgets', to='accounts.program')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='budget_above_zero'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='budget_lasts'), accounts.appendonly.AppendOnly(name='budget_append_only'), accounts.stamps.RenewsTermsStamp(name='budget_renews_stamp')],
            },
        ),
        migrations.CreateModel(
            name='BudgetUse',
            fields=[
                ('pk', models.CompositePrimaryKey('tenant_id', 'budget_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('used', models.BigIntegerField(default=0)),
                ('budget', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rewards.budget')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('used__gte', 0)), name='budget_use_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Milestone',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('code', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(max_length=40)),
                ('counted', models.CharField(choices=[('count', 'number of activities'), ('amount', 'amount'), ('quantity', 'quantity')], max_length=8)),
                ('threshold', models.BigIntegerField()),
                ('created_by', models.CharField(max_length=60)),
                ('created_at', models.DateTimeField()),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='milestones', to='accounts.program')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'program', 'code'), name='milestone_code_is_unique'), models.CheckConstraint(condition=models.Q(('threshold__gt', 0)), name='milestone_above_zero'), accounts.appendonly.AppendOnly(name='milestone_append_only')],
            },
        ),
        migrations.CreateModel(
            name='GrantNote',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('to_member', models.BooleanField(default=False)),
                ('factor', models.DecimalField(decimal_places=30, default=1, max_digits=60)),
                ('bonus', models.BigIntegerField(default=0)),
                ('campaigns', models.JSONField(default=list)),
                ('less_because', models.CharField(blank=True, choices=[('', 'nothing'), ('cap', "the rule's cap"), ('budget', "the program's budget")], default='', max_length=8)),
                ('activity', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='grant_notes', to='accounts.activity')),
                ('rule_version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rewards.ruleversion')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'activity', 'rule_version', 'to_member'), name='grant_note_once_per_grant'), accounts.appendonly.AppendOnly(name='grant_note_append_only')],
            },
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=models.CheckConstraint(condition=models.Q(('published_at', None), ('discarded_at', None), _connector='OR'), name='rule_version_published_or_discarded'),
        ),
        migrations.AddConstraint(
            model_name='ruleversion',
            constraint=accounts.published.PublishedStays(but='valid_to', name='rule_version_published_stays'),
        ),
    ]
