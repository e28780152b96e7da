"""The wall between tenants, raised by the schema editor itself.

Every model with a `tenant` field gets, in the same migration that makes its table and without a
line in it: the primary key (tenant_id, id), row-level security with FORCE, the isolation policy,
and composite foreign keys (tenant_id, x_id) for its references to other tenant tables. What no
migration has to mention, no migration can forget.
"""

from django.db.backends.ddl_references import Columns
from django.db.backends.postgresql.schema import DatabaseSchemaEditor

OPEN_TENANT = "(SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)"

# Statistics that have not heard of a tenant yet take what it has for one row: every index that
# begins with the tenant is then as good as any, and each look-up may read all of the tenant's rows.
# Whether they are renewed must not be a share of what all other tenants have.
HEARD_OF = "SET (autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 500)"

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what was written there stays', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""


def is_walled(model) -> bool:
    return any(field.name == "tenant" for field in model._meta.local_fields)


def is_tenant_itself(model) -> bool:
    return model._meta.label_lower == "accounts.tenant"


def references_a_tenant_table(model) -> bool:
    """Whether each row has to name a row of its tenant, and so a tenant that is there."""
    return any(
        field.remote_field
        and field.name != "tenant"
        and not field.null
        and is_walled(field.related_model)
        for field in model._meta.local_fields
    )


class WalledSchemaEditor(DatabaseSchemaEditor):
    # Foreign keys are made by `_create_fk_sql` for added columns too, never inline: an inline
    # reference cannot name two columns.
    sql_create_column_inline_fk = None  # pyrefly: ignore[bad-assignment]

    def create_model(self, model):
        super().create_model(model)
        if is_walled(model):
            self._raise_wall(model, key="tenant_id")
        elif is_tenant_itself(model):
            self._raise_wall(model, key="id")

    def _raise_wall(self, model, key: str) -> None:
        table = model._meta.db_table
        quoted = self.quote_name(table)
        pk = model._meta.pk
        if key == "tenant_id" and pk.column:  # a composite primary key has no column of its own
            self.execute(
                f"ALTER TABLE {quoted} DROP CONSTRAINT {self.quote_name(f'{table}_pkey')}, "
                f"ADD PRIMARY KEY (tenant_id, {self.quote_name(pk.column)})"
            )
        if key == "tenant_id" and not references_a_tenant_table(model):
            self.execute(
                f"ALTER TABLE {quoted} ADD CONSTRAINT {self.quote_name(f'{table}_tenant_fk')} "
                "FOREIGN KEY (tenant_id) REFERENCES accounts_tenant (id)"
            )
        self.execute(f"ALTER TABLE {quoted} ENABLE ROW LEVEL SECURITY")
        self.execute(f"ALTER TABLE {quoted} FORCE ROW LEVEL SECURITY")
        self.execute(f"ALTER TABLE {quoted} {HEARD_OF}")
        # Nothing of a tenant's is ever deleted, and keys never change: what refers to a row may
        # rely on it (see accounts.references).
        self.execute(REFUSE_CHANGE, params=None)
        columns = {key, pk.column} - {None}
        changed = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in sorted(columns))
        self.execute(
            f"CREATE TRIGGER keys_are_for_ever BEFORE UPDATE ON {quoted} "
            f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION refuse_change()"
        )
        self.execute(
            f"CREATE TRIGGER rows_are_for_ever BEFORE DELETE ON {quoted} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        self.execute(
            f"CREATE POLICY tenant_isolation ON {quoted} "
            f"USING ({key} = {OPEN_TENANT}) WITH CHECK ({key} = {OPEN_TENANT})"
        )

    def _create_fk_sql(self, model, field, suffix):
        statement = super()._create_fk_sql(model, field, suffix)
        target = field.target_field
        if is_walled(model) and is_walled(target.model):
            statement.parts["column"] = Columns(
                model._meta.db_table, ["tenant_id", field.column], self.quote_name
            )
            statement.parts["to_column"] = Columns(
                target.model._meta.db_table, ["tenant_id", target.column], self.quote_name
            )
            # Checked at the statement, not at commit: the error then names the statement at fault.
            statement.parts["deferrable"] = ""
        return statement
