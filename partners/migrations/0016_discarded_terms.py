"""Drafts of terms of referrals and SPIFFs can be put away."""

from django.db import migrations, models
from django.db.models import Q

DISCARDED = models.DateTimeField(null=True)


class Migration(migrations.Migration):
    dependencies = [("partners", "0015_referral_drafts")]

    operations = [
        *(
            migrations.AddField(model_name=model, name="discarded_at", field=DISCARDED.clone())
            for model in ("referralterms", "spiff", "spiffversion")
        ),
        migrations.RemoveConstraint(model_name="referralterms", name="referral_terms_one_draft"),
        migrations.AddConstraint(
            model_name="referralterms",
            constraint=models.UniqueConstraint(
                fields=["tenant", "program"],
                condition=Q(published_at=None, discarded_at=None),
                name="referral_terms_one_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="referralterms",
            constraint=models.CheckConstraint(
                condition=Q(published_at=None) | Q(discarded_at=None),
                name="referral_terms_published_or_discarded",
            ),
        ),
        migrations.RemoveConstraint(model_name="spiff", name="spiff_name_once"),
        migrations.AddConstraint(
            model_name="spiff",
            constraint=models.UniqueConstraint(
                fields=["tenant", "name"], condition=Q(discarded_at=None), name="spiff_name_once"
            ),
        ),
        migrations.RemoveConstraint(model_name="spiffversion", name="spiff_version_one_draft"),
        migrations.AddConstraint(
            model_name="spiffversion",
            constraint=models.UniqueConstraint(
                fields=["tenant", "spiff"],
                condition=Q(published_at=None, discarded_at=None),
                name="spiff_version_one_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="spiffversion",
            constraint=models.CheckConstraint(
                condition=Q(published_at=None) | Q(discarded_at=None),
                name="spiff_version_published_or_discarded",
            ),
        ),
    ]
