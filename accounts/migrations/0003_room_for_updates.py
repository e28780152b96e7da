"""Rows that nearly every fact updates are updated within their page, without touching an index."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_doors")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE accounts_measure SET (fillfactor = 70)", "ALTER TABLE accounts_measure RESET (fillfactor)"
        )
    ]
