"""References of standings are checked for a whole statement at once: a period's end moves a fifth
of all enrollments, and half of its time went into checking them row by row."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.references
import tiers.succession

WITHOUT_SUCCESSION = "ALTER TABLE tiers_standing DROP CONSTRAINT standing_follows_another"
SUCCESSION = """
ALTER TABLE tiers_standing ADD CONSTRAINT standing_follows_another
FOREIGN KEY (tenant_id, enrollment_id, scheme_id, follows)
REFERENCES tiers_standing (tenant_id, enrollment_id, scheme_id, ends_at);
"""
# Django looks for foreign keys of one column only, and so would leave these; going back it makes them.
WITHOUT_KEYS = """
ALTER TABLE tiers_standing
    DROP CONSTRAINT tiers_standing_enrollment_id_28fc4e98_fk_accounts_enrollment_id,
    DROP CONSTRAINT tiers_standing_scheme_id_d589869e_fk_tiers_scheme_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_references_by_key'),
        ('tiers', '0004_nearness'),
    ]

    operations = [
        migrations.RunSQL(WITHOUT_SUCCESSION, SUCCESSION),
        migrations.RunSQL(WITHOUT_KEYS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='standing',
            name='enrollment',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='standings', to='accounts.enrollment'),
        ),
        migrations.AlterField(
            model_name='standing',
            name='scheme',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tiers.scheme'),
        ),
        migrations.AddConstraint(
            model_name='standing',
            constraint=accounts.references.CheckedReferences(name='standing_references'),
        ),
        migrations.AddConstraint(
            model_name='standing',
            constraint=tiers.succession.Succession(name='standing_succession'),
        ),
    ]
