"""Checks of references look rows up by their key, whatever the plan was made for: of a table that
was empty then, a bitmap of all the tenant's rows seemed as cheap, for each new row again."""

from django.db import migrations

FUNCTIONS = ("check_entry_references", "check_lot_references", "check_lot_use_references")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0007_closed_by_day")]
    operations = [
        migrations.RunSQL(
            f"ALTER FUNCTION {function}() SET enable_bitmapscan = off",
            f"ALTER FUNCTION {function}() RESET enable_bitmapscan",
        )
        for function in FUNCTIONS
    ]
