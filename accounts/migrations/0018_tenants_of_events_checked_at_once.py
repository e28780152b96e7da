"""That the tenant of an event is there is checked for a whole statement at once, with its account:
row by row it was a ninth of what a period's end costs."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

KEY = "accounts_event_tenant_fk"


def check_tenants_too(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    event = apps.get_model("accounts", "Event")
    [references] = [one for one in event._meta.constraints if one.name == "event_references"]
    schema_editor.execute(references.function_sql(event, schema_editor), params=None)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_events_checked_at_once")]

    operations = [
        migrations.RunPython(check_tenants_too, migrations.RunPython.noop),
        migrations.RunSQL(
            f"ALTER TABLE accounts_event DROP CONSTRAINT {KEY}",
            f"ALTER TABLE accounts_event ADD CONSTRAINT {KEY} "
            "FOREIGN KEY (tenant_id) REFERENCES accounts_tenant (id)",
        ),
    ]
