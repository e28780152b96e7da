from django.db import migrations, models

KINDS = [
    ("accrued", "Rebate accrued"),
    ("true_up", "True-up of a closed period"),
    ("settled", "Settlement approved"),
    ("paid", "Paid by bank transfer"),
    ("returned", "Returned by the bank"),
    ("credit_note", "Paid by credit note"),
    ("account_credit", "Paid by account credit"),
    ("points", "Paid in points"),
    ("awarded", "Awarded by a partner program"),
    ("recalled", "Award taken back"),
]


class Migration(migrations.Migration):
    dependencies = [("rebates", "0020_who_said_it_came_back")]

    operations = [
        migrations.AlterField(
            model_name=name,
            name="kind",
            field=models.CharField(choices=KINDS, max_length=14),
        )
        for name in ("journalline", "postingaccounts")
    ]
