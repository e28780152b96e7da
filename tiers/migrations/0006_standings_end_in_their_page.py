"""A standing ends by an update within its page, without touching an index.

A period's end ends a fifth of all standings. That no two end at one moment follows from what stays:
each but the first follows the end of one before it, and no end is followed twice.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tiers", "0005_standings_checked_at_once")]

    operations = [
        migrations.RemoveConstraint(model_name="standing", name="standing_ends_once"),
        migrations.RemoveIndex(model_name="standing", name="standing_by_fall"),
        migrations.RemoveIndex(model_name="standing", name="standing_by_pin"),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("falls_at__isnull", False)),
                fields=["tenant", "falls_at"],
                name="standing_by_fall",
            ),
        ),
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("pinned_until__isnull", False)),
                fields=["tenant", "pinned_until"],
                name="standing_by_pin",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE tiers_standing SET (fillfactor = 80)",
            "ALTER TABLE tiers_standing RESET (fillfactor)",
        ),
    ]
