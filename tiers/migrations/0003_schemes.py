"""Ladders of any kind: criteria as trees, policies, several ladders in a program, pins."""

import accounts.appendonly
import accounts.ids
import accounts.published
import accounts.stamps
import accounts.tenancy
import django.db.models.deletion
from django.db import migrations, models

WITHOUT_SUCCESSION = "ALTER TABLE tiers_standing DROP CONSTRAINT IF EXISTS standing_follows_another"
SUCCESSION_OF_ONE_LADDER = """
ALTER TABLE tiers_standing ADD CONSTRAINT standing_follows_another
FOREIGN KEY (tenant_id, enrollment_id, follows)
REFERENCES tiers_standing (tenant_id, enrollment_id, ends_at);
"""
SUCCESSION = """
ALTER TABLE tiers_standing ADD CONSTRAINT standing_follows_another
FOREIGN KEY (tenant_id, enrollment_id, scheme_id, follows)
REFERENCES tiers_standing (tenant_id, enrollment_id, scheme_id, ends_at);
"""

# The one ladder that a program had: by revenue or credits of a calendar quarter.
FORWARD = """
UPDATE tiers_scheme SET code = 'tiers';

UPDATE tiers_tier t SET code = named.code
FROM (
    SELECT id, CASE WHEN slug = '' OR count(*) OVER (PARTITION BY version_id, slug) > 1
                    THEN concat_ws('-', nullif(slug, ''), rank) ELSE slug END AS code
    FROM (SELECT id, version_id, rank,
                 trim('-' FROM lower(regexp_replace(name, '[^A-Za-z0-9]+', '-', 'g'))) AS slug
          FROM tiers_tier) slugs
) named WHERE named.id = t.id;

UPDATE tiers_tier t SET criteria = jsonb_strip_nulls(jsonb_build_object(
    'measure', CASE v.basis WHEN 'amount' THEN 'revenue' ELSE 'status_credits' END,
    'window', jsonb_build_object('window', 'quarter'),
    'take', CASE v.span WHEN 'best_line' THEN jsonb_build_object('best_of', 'product_line') END,
    'op', 'gte', 'threshold', t.threshold))
FROM tiers_schemeversion v WHERE v.id = t.version_id AND t.rank > 0;

UPDATE tiers_schemeversion v SET
    state = CASE WHEN published_at IS NULL THEN 'draft' ELSE 'published' END,
    kept_periods = keep_quarters,
    rungs = coalesce((
        SELECT jsonb_agg(jsonb_build_object(
            'code', code, 'name', name, 'criteria', criteria,
            'multiplier', trim_scale(multiplier)::text) ORDER BY rank)
        FROM tiers_tier t WHERE t.version_id = v.id), '[]');

UPDATE tiers_standing s SET
    scheme_id = v.scheme_id,
    evidence = CASE WHEN s.cause = 'enrolled' THEN s.evidence ELSE jsonb_build_object(
        'met', t.code,
        'period', jsonb_build_array(
            s.evidence ->> 'quarter',
            ((s.evidence ->> 'quarter')::date + interval '3 months')::date),
        'values', jsonb_build_object(
            CASE v.basis WHEN 'amount' THEN 'revenue' ELSE 'status_credits' END || '|quarter'
                || CASE v.span WHEN 'best_line' THEN '|best_of:product_line' ELSE '' END,
            jsonb_strip_nulls(jsonb_build_object(
                'value', s.evidence -> 'value', 'carrier', s.evidence ->> 'line')))) END
FROM tiers_tier t JOIN tiers_schemeversion v ON v.id = t.version_id
WHERE t.id = s.tier_id;
"""
BACKWARD = """
UPDATE tiers_tier SET threshold = coalesce((criteria ->> 'threshold')::bigint, 0);
UPDATE tiers_schemeversion v SET
    keep_quarters = kept_periods,
    basis = CASE WHEN EXISTS (
        SELECT FROM tiers_tier t WHERE t.version_id = v.id
        AND t.criteria ->> 'measure' = 'status_credits') THEN 'status_credits' ELSE 'amount' END,
    span = CASE WHEN EXISTS (
        SELECT FROM tiers_tier t WHERE t.version_id = v.id
        AND t.criteria ? 'take') THEN 'best_line' ELSE 'total' END;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_commands'),
        ('tiers', '0002_standings_without_gaps'),
    ]

    operations = [
        migrations.RunSQL(WITHOUT_SUCCESSION, SUCCESSION_OF_ONE_LADDER),
        migrations.RemoveConstraint(
            model_name='scheme',
            name='scheme_once_per_program',
        ),
        migrations.RemoveConstraint(
            model_name='standing',
            name='standing_ends_once',
        ),
        migrations.RemoveConstraint(
            model_name='standing',
            name='standing_follows_once',
        ),
        migrations.RemoveConstraint(
            model_name='tier',
            name='tier_first_asks_for_nothing',
        ),
        migrations.AddField(
            model_name='scheme',
            name='audience',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='scheme',
            name='code',
            field=models.SlugField(default='', max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='scheme',
            name='is_leading',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='authors',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='evaluated',
            field=models.CharField(choices=[('month', 'month'), ('quarter', 'calendar quarter'), ('year', 'calendar year'), ('fiscal_quarter', 'fiscal quarter'), ('fiscal_year', 'fiscal year')], default='quarter', max_length=14),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='falls',
            field=models.CharField(choices=[('never', 'never'), ('one_step', 'one tier at a time'), ('to_what_is_met', 'to the tier that is met')], default='to_what_is_met', max_length=14),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='grace_days',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='kept_periods',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='kept_unit',
            field=models.CharField(choices=[('month', 'month'), ('quarter', 'calendar quarter'), ('year', 'calendar year'), ('fiscal_quarter', 'fiscal quarter'), ('fiscal_year', 'fiscal year')], default='quarter', max_length=14),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='near_percent',
            field=models.PositiveSmallIntegerField(default=85),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='rises',
            field=models.CharField(choices=[('at_once', 'at once'), ('at_evaluation', 'at the next evaluation')], default='at_once', max_length=13),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='rungs',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='skips_tiers',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='state',
            field=models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('discarded', 'Discarded')], default='draft', max_length=9),
        ),
        migrations.AddField(
            model_name='schemeversion',
            name='transition_days',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='standing',
            name='falls_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='standing',
            name='pinned_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='tier',
            name='benefits',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='tier',
            name='by_invitation',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='tier',
            name='code',
            field=models.SlugField(default='', max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='tier',
            name='criteria',
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name='standing',
            name='cause',
            field=models.CharField(choices=[('enrolled', 'Joined the program'), ('reached', 'Reached the next tier'), ('evaluated', "Evaluated at the period's end"), ('reconsidered', 'Late facts of an earlier period'), ('grace_ended', 'The grace period ended'), ('published', 'The tiers were changed'), ('pinned', 'Set by hand'), ('pin_ended', 'What was set by hand ended'), ('invited', 'Invited')], max_length=12),
        ),
        migrations.AddField(
            model_name='standing',
            name='scheme',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tiers.scheme'),
        ),
        # Nullable while rows are being moved, one way or the other.
        *(
            migrations.AlterField(model_name=model, name=name, field=field)
            for model, name, field in (
                ('schemeversion', 'basis', models.CharField(max_length=16, null=True)),
                ('schemeversion', 'span', models.CharField(max_length=10, null=True)),
                ('schemeversion', 'keep_quarters', models.PositiveSmallIntegerField(null=True)),
                ('tier', 'threshold', models.BigIntegerField(null=True)),
            )
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AlterField(
            model_name='standing',
            name='scheme',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tiers.scheme'),
        ),
        migrations.RemoveField(
            model_name='schemeversion',
            name='basis',
        ),
        migrations.RemoveField(
            model_name='schemeversion',
            name='keep_quarters',
        ),
        migrations.RemoveField(
            model_name='schemeversion',
            name='span',
        ),
        migrations.RemoveField(
            model_name='tier',
            name='threshold',
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(condition=models.Q(('ends_at', None), ('falls_at__isnull', False)), fields=['tenant', 'falls_at'], name='standing_by_fall'),
        ),
        migrations.AddIndex(
            model_name='standing',
            index=models.Index(condition=models.Q(('ends_at', None), ('pinned_until__isnull', False)), fields=['tenant', 'pinned_until'], name='standing_by_pin'),
        ),
        migrations.AddConstraint(
            model_name='scheme',
            constraint=models.UniqueConstraint(fields=('tenant', 'program', 'code'), name='scheme_code_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='scheme',
            constraint=models.UniqueConstraint(condition=models.Q(('is_leading', True)), fields=('tenant', 'program'), name='scheme_leads_alone'),
        ),
        migrations.AddConstraint(
            model_name='scheme',
            constraint=accounts.stamps.RenewsTermsStamp(name='scheme_renews_stamp'),
        ),
        migrations.AddConstraint(
            model_name='schemeversion',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', False), ('state', 'published')), models.Q(models.Q(('state', 'published'), _negated=True), ('published_at', None)), _connector='OR'), name='scheme_version_published_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='schemeversion',
            constraint=models.CheckConstraint(condition=models.Q(('near_percent__gte', 1), ('near_percent__lte', 100)), name='scheme_version_near_is_a_percentage'),
        ),
        migrations.AddConstraint(
            model_name='schemeversion',
            constraint=accounts.published.PublishedStays(but='', name='scheme_version_published_stays'),
        ),
        migrations.AddConstraint(
            model_name='standing',
            constraint=models.UniqueConstraint(fields=('tenant', 'enrollment', 'scheme', 'ends_at'), name='standing_ends_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='standing',
            constraint=models.UniqueConstraint(fields=('tenant', 'enrollment', 'scheme', 'follows'), name='standing_follows_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.UniqueConstraint(fields=('tenant', 'version', 'code'), name='tier_code_is_unique'),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('by_invitation', False), ('criteria', {}), ('rank', 0)), models.Q(('rank__gt', 0), models.Q(('criteria', {}), _negated=True)), _connector='OR'), name='tier_first_asks_for_nothing'),
        ),
        migrations.AddConstraint(
            model_name='tier',
            constraint=accounts.appendonly.AppendOnly(name='tier_append_only'),
        ),
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tier_code', models.SlugField(max_length=40)),
                ('reason', models.CharField(max_length=400)),
                ('state', models.CharField(choices=[('proposed', 'Waiting for approval'), ('held', 'In force'), ('rejected', 'Rejected'), ('lifted', 'Lifted')], default='proposed', max_length=8)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('asked_at', models.DateTimeField()),
                ('asked_by', models.CharField(max_length=60)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.CharField(blank=True, default='', max_length=60)),
                ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pins', to='accounts.enrollment')),
                ('scheme', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tiers.scheme')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='TierInvitation',
            fields=[
                ('id', models.UUIDField(default=accounts.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tier_code', models.SlugField(max_length=40)),
                ('invited_at', models.DateTimeField()),
                ('invited_by', models.CharField(max_length=60)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_by', models.CharField(blank=True, default='', max_length=60)),
                ('enrollment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tier_invitations', to='accounts.enrollment')),
                ('scheme', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tiers.scheme')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, default=accounts.tenancy.current_tenant_id, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.tenant')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddConstraint(
            model_name='pin',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at')), ('state', 'lifted'), _connector='OR'), name='pin_lasts'),
        ),
        migrations.AddConstraint(
            model_name='pin',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='pin_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='tierinvitation',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('tenant', 'enrollment', 'scheme', 'tier_code'), name='tier_invitation_stands_once'),
        ),
        migrations.RunSQL(SUCCESSION, WITHOUT_SUCCESSION),
    ]
