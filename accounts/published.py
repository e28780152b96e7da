"""Rows that may be drafted, and once published never change: the database itself sees to it."""

from accounts.postgres.triggers import TriggerConstraint


class PublishedStays(TriggerConstraint):
    """Refuses to change a row whose `published_at` is set, for the owner of the table too.

    Only `but`, the column that says when it ends, may still be written, where there is one.
    """

    def __init__(self, *, name: str, but: str = "") -> None:
        super().__init__(name=name)
        self.but = but

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | {"but": self.but}

    def create_sql(self, model, schema_editor):
        quote = schema_editor.quote_name
        table, function = quote(model._meta.db_table), quote(f"check_{self.name}")
        # Keys are left to the wall's own trigger, which knows better why they stay.
        kept = f"- ARRAY['{self.but}', 'tenant_id', 'id']"
        return f"""
            CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $check$
            BEGIN
                IF to_jsonb(OLD) {kept} IS DISTINCT FROM to_jsonb(NEW) {kept} THEN
                    RAISE EXCEPTION '% of % is refused: what is published stays',
                        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END $check$;
            CREATE TRIGGER {quote(self.name)} BEFORE UPDATE ON {table} FOR EACH ROW
            WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION {function}()
        """

    def remove_sql(self, model, schema_editor):
        quote = schema_editor.quote_name
        return (
            f"{super().remove_sql(model, schema_editor)}; "
            f"DROP FUNCTION {quote(f'check_{self.name}')}()"
        )
