"""What is published for a later day can be called off: it then ends as it begins."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("rewards", "0013_awards")]

    operations = [
        migrations.RemoveConstraint(model_name="ruleversion", name="rule_version_lasts"),
        migrations.AddConstraint(
            model_name="ruleversion",
            constraint=models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="rule_version_lasts",
            ),
        ),
        migrations.RemoveConstraint(model_name="campaign", name="campaign_lasts"),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="campaign_lasts"
            ),
        ),
    ]
