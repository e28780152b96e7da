"""A stamp that changes with the terms: kinds, programs, rules, tiers.

What they say is read for every fact and changes a few times a year. Processes keep what they have
read under the tenant's stamp, which the database itself renews whenever such a row is written: no
writer can forget to, and a stamp that was rolled back never comes again for other terms.
"""

from accounts.postgres.triggers import TriggerConstraint

FUNCTION = """
CREATE OR REPLACE FUNCTION renew_terms_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts_tenant SET terms_stamp = uuidv7() WHERE id = NEW.tenant_id;
    RETURN NULL;
END $$;
"""


class RenewsTermsStamp(TriggerConstraint):
    """Writing a row of the model renews its tenant's `terms_stamp`."""

    def create_sql(self, model, schema_editor):
        table = schema_editor.quote_name(model._meta.db_table)
        return (
            f"{FUNCTION} CREATE TRIGGER {schema_editor.quote_name(self.name)} "
            f"AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION renew_terms_stamp()"
        )
