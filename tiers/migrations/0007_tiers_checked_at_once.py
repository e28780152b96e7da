"""That a standing's tier is there is checked for a whole statement at once, and its enrollment and
ladder only where it follows no other: row by row, and for those that follow, too, it was a fifth of
what it costs to move them."""

import django.db.models.deletion
from django.db import migrations, models

import accounts.references

WITHOUT_KEY = """
ALTER TABLE tiers_standing DROP CONSTRAINT tiers_standing_tier_id_79a15e2d_fk_tiers_tier_id
"""


class Migration(migrations.Migration):
    dependencies = [("tiers", "0006_leads_and_audiences")]

    operations = [
        migrations.RemoveConstraint(model_name="standing", name="standing_references"),
        # Django looks for foreign keys of one column only; going back it makes it.
        migrations.RunSQL(WITHOUT_KEY, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="standing",
            name="tier",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tiers.tier",
            ),
        ),
        migrations.AddConstraint(
            model_name="standing",
            constraint=accounts.references.CheckedReferences(
                name="standing_references",
                changing=["tier"],
                proven={"enrollment": "follows IS NOT NULL", "scheme": "follows IS NOT NULL"},
            ),
        ),
    ]
