"""Settlements below one point are handed over along with others, whose points have their worth."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("rebates", "0022_settlements_are_set_off")]

    operations = [
        migrations.RemoveConstraint(model_name="credit", name="credit_is_of_its_method"),
        migrations.AddConstraint(
            model_name="credit",
            constraint=models.CheckConstraint(
                condition=Q(method="credit_note", number__isnull=False, points=None)
                | Q(method="account_credit", number=None, points=None)
                | Q(method="points", number=None, points__gte=0),
                name="credit_is_of_its_method",
            ),
        ),
    ]
