"""Rows that are written once: the database itself refuses to change or delete them."""

from accounts.postgres.triggers import TriggerConstraint


class AppendOnly(TriggerConstraint):
    """Refuses UPDATE and DELETE on the model's table, for its owner and for superusers too.

    A trigger rather than a missing grant, because a grant does not bind the owner. The app's role
    is not granted UPDATE and DELETE on such a table either (`accounts.grants`).
    """

    def create_sql(self, model, schema_editor):
        table = schema_editor.quote_name(model._meta.db_table)
        name = schema_editor.quote_name(self.name)
        # the wall, raised with every tenant table, has made the function
        return (
            f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
