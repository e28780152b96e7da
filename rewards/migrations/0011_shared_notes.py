"""Grants of one batch that differ for the same reasons share one note, which their entries name:
a note of its own for each was a row in six of those that a fact of many rules writes."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.references

# Entries are written once, but that a note they had stands beside them now is no change of theirs.
FORWARD = """
DO $check$ BEGIN
    IF NOT (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RAISE 'Under row-level security these updates would silently change nothing.';
    END IF;
END $check$;
ALTER TABLE rewards_entry DISABLE TRIGGER USER;
UPDATE rewards_entry e SET note_id = note.id
FROM rewards_grantnote note, rewards_wallet w
WHERE note.tenant_id = e.tenant_id AND note.activity_id = e.activity_id
  AND note.rule_version_id = e.rule_version_id AND e.kind = 'earn'
  AND w.tenant_id = e.tenant_id AND w.id = e.wallet_id
  AND note.to_member = (w.member_id IS NOT NULL);
ALTER TABLE rewards_entry ENABLE TRIGGER USER;
ALTER TABLE rewards_grantnote
    DROP COLUMN activity_id, DROP COLUMN rule_version_id, DROP COLUMN to_member,
    ADD CONSTRAINT rewards_grantnote_tenant_fk
        FOREIGN KEY (tenant_id) REFERENCES accounts_tenant (id)
"""

BACKWARD = """
ALTER TABLE rewards_grantnote DISABLE TRIGGER USER;
ALTER TABLE rewards_grantnote DROP CONSTRAINT rewards_grantnote_tenant_fk,
    ADD COLUMN activity_id uuid, ADD COLUMN rule_version_id uuid,
    ADD COLUMN to_member boolean NOT NULL DEFAULT false;
INSERT INTO rewards_grantnote (tenant_id, id, activity_id, rule_version_id, to_member, factor,
    bonus, campaigns, less_because)
SELECT e.tenant_id, uuidv7(), e.activity_id, e.rule_version_id, w.member_id IS NOT NULL,
    note.factor, note.bonus, note.campaigns, note.less_because
FROM rewards_entry e
JOIN rewards_grantnote note ON note.tenant_id = e.tenant_id AND note.id = e.note_id
JOIN rewards_wallet w ON w.tenant_id = e.tenant_id AND w.id = e.wallet_id;
DELETE FROM rewards_grantnote WHERE activity_id IS NULL;
ALTER TABLE rewards_grantnote ALTER COLUMN activity_id SET NOT NULL,
    ALTER COLUMN rule_version_id SET NOT NULL, ALTER COLUMN to_member DROP DEFAULT;
ALTER TABLE rewards_grantnote ENABLE TRIGGER USER
"""


class Migration(migrations.Migration):

    dependencies = [
        ('rewards', '0010_money'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='grantnote',
            name='grant_note_once_per_grant',
        ),
        migrations.RemoveConstraint(
            model_name='grantnote',
            name='grant_note_references',
        ),
        migrations.RemoveConstraint(
            model_name='entry',
            name='entry_references',
        ),
        migrations.AddField(
            model_name='entry',
            name='note',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='rewards.grantnote'),
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(FORWARD, BACKWARD)],
            [
                migrations.RemoveField(
                    model_name='grantnote',
                    name='activity',
                ),
                migrations.RemoveField(
                    model_name='grantnote',
                    name='rule_version',
                ),
                migrations.RemoveField(
                    model_name='grantnote',
                    name='to_member',
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=accounts.references.CheckedReferences(name='entry_references'),
        ),
    ]
