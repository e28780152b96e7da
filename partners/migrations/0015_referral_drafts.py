"""Terms of referrals are drafted before they are published."""

from django.db import migrations, models
from django.db.models import Q

import accounts.published


class Migration(migrations.Migration):
    dependencies = [("partners", "0013_award_payments")]

    operations = [
        migrations.RemoveConstraint(model_name="referralterms", name="referral_terms_append_only"),
        migrations.AddField(
            model_name="referralterms", name="drafted_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="referralterms",
            name="drafted_by",
            field=models.CharField(blank=True, default="", max_length=60),
        ),
        migrations.AlterField(
            model_name="referralterms", name="published_at", field=models.DateTimeField(null=True)
        ),
        migrations.AlterField(
            model_name="referralterms",
            name="published_by",
            field=models.CharField(blank=True, default="", max_length=60),
        ),
        migrations.AddConstraint(
            model_name="referralterms",
            constraint=models.UniqueConstraint(
                fields=["tenant", "program"],
                condition=Q(published_at=None),
                name="referral_terms_one_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="referralterms",
            constraint=accounts.published.PublishedStays(name="referral_terms_published_stays"),
        ),
    ]
