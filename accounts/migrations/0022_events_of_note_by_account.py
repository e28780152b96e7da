"""A line of time reads an account's events of note without those that every fact brings."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0020_single_keys")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(
                    ("account__isnull", False),
                    models.Q(("kind__in", ("points.earned", "points.reversed")), _negated=True),
                ),
                fields=["tenant", "account", "-occurred_at", "-id"],
                name="event_of_note_by_account",
            ),
        ),
    ]
