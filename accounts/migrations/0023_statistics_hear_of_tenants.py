"""Tables that stand already renew their statistics as new ones do (see accounts.postgres.wall)."""

from django.db import migrations

from accounts.postgres.wall import HEARD_OF


class Migration(migrations.Migration):
    dependencies = [("accounts", "0022_events_of_note_by_account")]

    operations = [
        migrations.RunSQL(
            f"""
            DO $$
            DECLARE walled regclass;
            BEGIN
                FOR walled IN
                    SELECT format('%I.%I', schemaname, tablename) FROM pg_policies
                    WHERE policyname = 'tenant_isolation' AND schemaname = current_schema()
                LOOP
                    EXECUTE format('ALTER TABLE %s {HEARD_OF}', walled);
                END LOOP;
            END $$
            """,
            migrations.RunSQL.noop,
        ),
    ]
