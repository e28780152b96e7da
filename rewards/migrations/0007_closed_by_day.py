"""Lots close by their day: no row of theirs is touched when they expire."""

import datetime

from django.db import migrations, models

# What expired before was taken out of each lot. A lot that is still open though its wallet has
# passed its day came in later, and expires by itself.
FORWARD = """
DO $check$ BEGIN
    IF NOT (SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RAISE 'Under row-level security these updates would silently change nothing.';
    END IF;
END $check$;
UPDATE rewards_wallet w
SET expired_upto = coalesce(
        (SELECT max(e.occurred_at) FROM rewards_entry e
         JOIN rewards_lot c ON c.tenant_id = e.tenant_id AND c.entry_id = e.cause
         WHERE e.tenant_id = w.tenant_id AND e.wallet_id = w.id AND e.kind = 'expire'),
        w.expired_upto),
    expires_next = (SELECT min(l.expires_at) FROM rewards_lot l
                    WHERE l.tenant_id = w.tenant_id AND l.wallet_id = w.id AND l.remaining > 0);
UPDATE rewards_lot l SET late = true FROM rewards_wallet w
WHERE w.tenant_id = l.tenant_id AND w.id = l.wallet_id
  AND l.remaining > 0 AND l.expires_at <= w.expired_upto
"""

BACKWARD = """
INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount)
SELECT l.tenant_id, l.entry_id, e.id, l.remaining
FROM rewards_lot l
JOIN rewards_entry e ON e.tenant_id = l.tenant_id AND e.wallet_id = l.wallet_id
    AND e.kind = 'expire' AND e.occurred_at = l.expires_at
JOIN rewards_lot c ON c.tenant_id = e.tenant_id AND c.entry_id = e.cause AND NOT c.late
JOIN rewards_wallet w ON w.tenant_id = l.tenant_id AND w.id = l.wallet_id
WHERE l.remaining > 0 AND l.state = 'active' AND NOT l.late AND l.expires_at <= w.expired_upto;
UPDATE rewards_lot l SET remaining = 0 FROM rewards_wallet w
WHERE w.tenant_id = l.tenant_id AND w.id = l.wallet_id
  AND l.remaining > 0 AND l.state = 'active' AND NOT l.late AND l.expires_at <= w.expired_upto
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_commands'),
        ('rewards', '0006_points'),
    ]

    operations = [
        migrations.AddField(
            model_name='lot',
            name='late',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='wallet',
            name='expired_upto',
            field=models.DateTimeField(db_default=datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), default=datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)),
        ),
        migrations.AddField(
            model_name='wallet',
            name='expires_next',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(condition=models.Q(('late', True), ('remaining__gt', 0)), fields=['tenant', 'wallet'], name='lot_late'),
        ),
        migrations.AddIndex(
            model_name='wallet',
            index=models.Index(condition=models.Q(('expires_next__isnull', False)), fields=['tenant', 'expires_next'], name='wallet_expiring'),
        ),
    ]
