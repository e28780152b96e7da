"""Budgets that renew, caps that count by their window alone, and cheaper checks of references."""

import datetime

import django.db.models.deletion
from django.db import migrations, models

import accounts.references

# The references of notes are checked by the statement, as those of entries are: 1.5 notes for a
# fact, with two foreign keys each, took the backend longer than the fact and all its entries.
NOTES_FORWARD = """
DO $drop$ DECLARE reference name; BEGIN
    FOR reference IN SELECT conname FROM pg_constraint
        WHERE conrelid = 'rewards_grantnote'::regclass AND contype = 'f'
    LOOP
        EXECUTE format('ALTER TABLE rewards_grantnote DROP CONSTRAINT %I', reference);
    END LOOP;
END $drop$;
"""
NOTES_BACKWARD = """
ALTER TABLE rewards_grantnote
    ADD CONSTRAINT rewards_grantnote_activity_id_fk FOREIGN KEY (tenant_id, activity_id)
        REFERENCES accounts_activity (tenant_id, id),
    ADD CONSTRAINT rewards_grantnote_rule_version_id_fk FOREIGN KEY (tenant_id, rule_version_id)
        REFERENCES rewards_ruleversion (tenant_id, id)
"""

BUDGETS_FORWARD = """
ALTER TABLE rewards_budgetuse
    ADD COLUMN period date NOT NULL DEFAULT '1970-01-01',
    DROP CONSTRAINT rewards_budgetuse_pkey,
    ADD PRIMARY KEY (tenant_id, budget_id, period)
"""
BUDGETS_BACKWARD = """
DO $check$ BEGIN
    IF EXISTS (SELECT FROM rewards_budget WHERE renews <> '') THEN
        RAISE 'Before, no budget renewed: those that do cannot be kept.';
    END IF;
END $check$;
ALTER TABLE rewards_budgetuse DROP CONSTRAINT rewards_budgetuse_pkey, DROP COLUMN period,
    ADD PRIMARY KEY (tenant_id, budget_id)
"""

# What was counted under one day may have been a month's and a quarter's: counted anew.
CAPS_FORWARD = """
DO $check$ BEGIN
    IF NOT (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RAISE 'Under row-level security these changes would silently miss rows.';
    END IF;
END $check$;
ALTER TABLE rewards_capuse DISABLE TRIGGER rows_are_for_ever;
DELETE FROM rewards_capuse;
ALTER TABLE rewards_capuse ENABLE TRIGGER rows_are_for_ever;
ALTER TABLE rewards_capuse
    ADD COLUMN cap_window varchar(16) NOT NULL,
    DROP CONSTRAINT rewards_capuse_pkey,
    ADD PRIMARY KEY (tenant_id, account_id, rule_id, cap_window, period);
INSERT INTO rewards_capuse (tenant_id, account_id, rule_id, cap_window, period, used)
SELECT tenant_id, account_id, rule_id, cap_window, period, sum(kept) FROM (
    SELECT entry.tenant_id, wallet.account_id, version.rule_id, version.cap_window,
           CASE WHEN starts_with(version.cap_window, 'fiscal')
                THEN (date_trunc(split_part(version.cap_window, '_', 2),
                                 fact.occurred_at AT TIME ZONE tenant.time_zone
                                 - make_interval(months => tenant.fiscal_year_starts - 1))
                      + make_interval(months => tenant.fiscal_year_starts - 1))::date
                ELSE date_trunc(version.cap_window,
                                fact.occurred_at AT TIME ZONE tenant.time_zone)::date
           END AS period,
           entry.available + entry.pending + coalesce((
               SELECT sum(back.available + back.pending)
               FROM accounts_activity taken
               JOIN rewards_entry back ON back.tenant_id = taken.tenant_id
                   AND back.cause = taken.id AND back.kind = 'reverse'
               WHERE taken.tenant_id = entry.tenant_id AND taken.reverses_id = fact.id
                 AND back.wallet_id = entry.wallet_id
                 AND back.rule_version_id = entry.rule_version_id), 0) AS kept
    FROM rewards_entry entry
    JOIN accounts_tenant tenant ON tenant.id = entry.tenant_id
    JOIN rewards_wallet wallet
      ON wallet.tenant_id = entry.tenant_id AND wallet.id = entry.wallet_id
    JOIN accounts_activity fact
      ON fact.tenant_id = entry.tenant_id AND fact.id = entry.activity_id
    JOIN rewards_ruleversion version
      ON version.tenant_id = entry.tenant_id AND version.id = entry.rule_version_id
    WHERE entry.kind = 'earn' AND version.cap IS NOT NULL AND version.cap_window <> 'activity'
) earned
GROUP BY tenant_id, account_id, rule_id, cap_window, period
"""
CAPS_BACKWARD = """
CREATE TEMPORARY TABLE together ON COMMIT DROP AS
    SELECT tenant_id, account_id, rule_id, period, sum(used) AS used FROM rewards_capuse
    GROUP BY tenant_id, account_id, rule_id, period;
ALTER TABLE rewards_capuse DISABLE TRIGGER rows_are_for_ever;
DELETE FROM rewards_capuse;
ALTER TABLE rewards_capuse ENABLE TRIGGER rows_are_for_ever;
ALTER TABLE rewards_capuse DROP CONSTRAINT rewards_capuse_pkey, DROP COLUMN cap_window,
    ADD PRIMARY KEY (tenant_id, account_id, rule_id, period);
INSERT INTO rewards_capuse (tenant_id, account_id, rule_id, period, used)
SELECT tenant_id, account_id, rule_id, period, used FROM together
"""

CHECKED = (
    ("accounts", "activity", "activity_references"),
    ("tiers", "standing", "standing_references"),
    ("rewards", "entry", "entry_references"),
    ("rewards", "lot", "lot_references"),
    ("rewards", "lotuse", "lot_use_references"),
)


def check_each_reference_once(apps, schema_editor):
    """Put the checks as they are made now in the place of those that a database was made with."""
    for app, model, name in CHECKED:
        check = accounts.references.CheckedReferences(name=name)
        function = check.function_sql(apps.get_model(app, model), schema_editor)
        schema_editor.execute(function, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_references_by_key'),
        ('rewards', '0008_references_by_key'),
        ('tiers', '0005_standings_checked_at_once'),
    ]

    operations = [
        migrations.RunPython(check_each_reference_once, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(NOTES_FORWARD, NOTES_BACKWARD)],
            [
                migrations.AlterField(
                    model_name='grantnote',
                    name='activity',
                    field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='grant_notes', to='accounts.activity'),
                ),
                migrations.AlterField(
                    model_name='grantnote',
                    name='rule_version',
                    field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='rewards.ruleversion'),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name='grantnote',
            constraint=accounts.references.CheckedReferences(name='grant_note_references'),
        ),
        migrations.AddField(
            model_name='budget',
            name='carries_over',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='budget',
            name='renews',
            field=models.CharField(blank=True, choices=[('', 'never'), ('month', 'every month'), ('fiscal_quarter', 'every fiscal quarter'), ('fiscal_year', 'every fiscal year')], db_default='', default='', max_length=16),
        ),
        migrations.AlterField(
            model_name='budget',
            name='ends_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('renews', ''), _negated=True), models.Q(('carries_over', False), ('ends_at__isnull', False)), _connector='OR'), name='budget_renews_or_ends'),
        ),
        # Django does not change what a composite primary key is made of.
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(BUDGETS_FORWARD, BUDGETS_BACKWARD)],
            [
                migrations.AddField(
                    model_name='budgetuse',
                    name='period',
                    field=models.DateField(db_default=datetime.date(1970, 1, 1), default=datetime.date(1970, 1, 1)),
                ),
                migrations.AlterField(
                    model_name='budgetuse',
                    name='pk',
                    field=models.CompositePrimaryKey('tenant_id', 'budget_id', 'period', blank=True, editable=False, primary_key=True, serialize=False),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(CAPS_FORWARD, CAPS_BACKWARD)],
            [
                migrations.AddField(
                    model_name='capuse',
                    name='cap_window',
                    field=models.CharField(default=None, max_length=16),
                    preserve_default=False,
                ),
                migrations.AlterField(
                    model_name='capuse',
                    name='pk',
                    field=models.CompositePrimaryKey('tenant_id', 'account_id', 'rule_id', 'cap_window', 'period', blank=True, editable=False, primary_key=True, serialize=False),
                ),
            ],
        ),
    ]
