"""Rows that nearly every fact updates are updated within their page, without touching an index."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("rewards", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE rewards_wallet SET (fillfactor = 70)", "ALTER TABLE rewards_wallet RESET (fillfactor)"
        )
    ]
