"""The accounts of events are checked for a whole statement at once: every batch of facts and every
period's end tells something of each account that it moves."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.references

# Django looks for foreign keys of one column only, and so would leave it; going back it makes it.
WITHOUT_KEY = """
ALTER TABLE accounts_event DROP CONSTRAINT accounts_event_account_id_52fea54a_fk_accounts_account_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_tallies_visits_and_claims'),
    ]

    operations = [
        migrations.RunSQL(WITHOUT_KEY, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='event',
            name='account',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.account'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=accounts.references.CheckedReferences(name='event_references'),
        ),
    ]
