"""Standings follow one another: who follows a moment follows a standing that ends there."""

from django.db import migrations

FORWARD = """
ALTER TABLE tiers_standing ADD CONSTRAINT standing_follows_another
FOREIGN KEY (tenant_id, enrollment_id, follows)
REFERENCES tiers_standing (tenant_id, enrollment_id, ends_at);
"""

BACKWARD = "ALTER TABLE tiers_standing DROP CONSTRAINT standing_follows_another;"


class Migration(migrations.Migration):
    dependencies = [("tiers", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
