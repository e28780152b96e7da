"""References of the busiest tables, checked for a whole statement at once.

A foreign key is checked row by row, at about 7 µs a row and reference; a fact brings eight of them,
more than all its inserts cost. On the tables that every fact writes to, a statement trigger checks
all new rows of a statement with one query instead, and refuses what a composite foreign key would
refuse. It is as strict because rows of a tenant are never deleted and never change their key (the
wall's trigger `keys_are_for_ever` sees to that, for the owner too): what was there when it was
checked stays there, so there is no race left that a foreign key's lock would have to win.
"""

from collections.abc import Mapping, Sequence

from accounts.postgres.triggers import TriggerConstraint
from accounts.postgres.wall import references_a_tenant_table


def checked_fields(model) -> list:
    """The references of `model` that no foreign key guards, but for the tenant itself."""
    return [
        field
        for field in model._meta.local_fields
        if field.remote_field and not field.db_constraint and field.name != "tenant"
    ]


class CheckedReferences(TriggerConstraint):
    """Refuses rows whose references without a foreign key point to no row of the same tenant.

    A reference never changes, but for those of `changing`, which are then checked row by row. One
    of `proven` (its name, and a condition on the new row as SQL) is not looked up where another
    constraint tells already that what it points to is there.
    """

    def __init__(
        self, *, name: str, changing: Sequence[str] = (), proven: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(name=name)
        self.changing, self.proven = changing, proven or {}

    def deconstruct(self):
        path, args, named = super().deconstruct()
        more = {"changing": self.changing, "proven": self.proven}
        return path, args, named | {key: said for key, said in more.items() if said}

    def create_sql(self, model, schema_editor):
        quote = schema_editor.quote_name
        table, function = quote(model._meta.db_table), quote(f"check_{self.name}")
        columns = ", ".join(
            quote(field.column)
            for field in checked_fields(model)
            if field.name not in self.changing
        )
        return f"""
            {self.function_sql(model, schema_editor)};
            CREATE TRIGGER {quote(self.name)} AFTER INSERT ON {table}
            REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {function}();
            CREATE TRIGGER {quote(f"{self.name}_stay")} BEFORE UPDATE OF {columns} ON {table}
            FOR EACH ROW EXECUTE FUNCTION refuse_change()
            {"".join(self._change_sql(field, model, quote) for field in self._changing(model))}
        """

    def _changing(self, model) -> list:
        return [field for field in checked_fields(model) if field.name in self.changing]

    def _change_sql(self, field, model, quote) -> str:
        column, target = quote(field.column), field.target_field
        name = quote(f"{self.name}_{field.name}")
        return f"""
            ; CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $check$
            BEGIN
                IF NOT EXISTS (
                    SELECT FROM {quote(target.model._meta.db_table)} there
                    WHERE there.tenant_id = NEW.tenant_id
                      AND there.{quote(target.column)} = NEW.{column}
                ) THEN
                    RAISE foreign_key_violation USING MESSAGE = format(
                        '%s of a changed row of %s points to no row of its tenant',
                        '{field.column}', TG_TABLE_NAME);
                END IF;
                RETURN NEW;
            END $check$;
            CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON {quote(model._meta.db_table)}
            FOR EACH ROW EXECUTE FUNCTION {name}()
        """

    def function_sql(self, model, schema_editor):
        """The check itself, by itself where a migration improves it."""
        quote = schema_editor.quote_name
        holes = {
            field.column: _has_hole(field, quote, unless=self.proven.get(field.name, ""))
            for field in checked_fields(model)
        }
        if not references_a_tenant_table(model):
            holes["tenant_id"] = _NO_TENANT
        anywhere = " OR ".join(holes.values())
        named = " ".join(f"WHEN {hole} THEN '{column}'" for column, hole in holes.items())
        # names of tables and columns, quoted by the schema editor; nothing comes from outside
        return f"""
            CREATE OR REPLACE FUNCTION {quote(f"check_{self.name}")}()
            RETURNS trigger LANGUAGE plpgsql
            -- the plan is kept for the session: made while a table is small it must serve when it
            -- is large, so it may look up by the primary key only; to guesses for an empty table a
            -- bitmap of all the tenant's rows costs no more, and is made anew for each new row
            SET enable_seqscan = off SET enable_bitmapscan = off
            AS $check$
            BEGIN
                IF {anywhere} THEN
                    RAISE foreign_key_violation USING MESSAGE = format(
                        '%s of a new row of %s points to no row of its tenant',
                        CASE {named} END, TG_TABLE_NAME);
                END IF;
                RETURN NULL;
            END $check$
        """

    def remove_sql(self, model, schema_editor):
        quote = schema_editor.quote_name
        table = quote(model._meta.db_table)
        changes = [quote(f"{self.name}_{field.name}") for field in self._changing(model)]
        return (
            f"DROP TRIGGER {quote(self.name)} ON {table}; "
            f"DROP TRIGGER {quote(f'{self.name}_stay')} ON {table}; "
            f"DROP FUNCTION {quote(f'check_{self.name}')}()"
            + "".join(f"; DROP TRIGGER {one} ON {table}; DROP FUNCTION {one}()" for one in changes)
        )


_NO_TENANT = (
    "EXISTS (SELECT FROM (SELECT DISTINCT tenant_id FROM added) added WHERE NOT EXISTS "
    "(SELECT FROM accounts_tenant there WHERE there.id = added.tenant_id OFFSET 0))"
)


def _has_hole(field, quote, *, unless: str) -> str:
    """Whether any new row points to nothing. Many rows point to the same: each such is looked up
    once, at a tenth of the cost of a look-up per row."""
    column, target = quote(field.column), field.target_field
    each = "" if field.unique else "DISTINCT"
    asked = f" AND NOT ({unless})" if unless else ""
    # names of tables and columns, quoted by the schema editor; nothing comes from outside
    return (
        f"EXISTS (SELECT FROM (SELECT {each} tenant_id, {column} FROM added "  # noqa: S608
        f"WHERE {column} IS NOT NULL{asked}) added "
        f"WHERE NOT EXISTS (SELECT FROM {quote(target.model._meta.db_table)} there "
        f"WHERE there.tenant_id = added.tenant_id "
        # OFFSET 0 keeps this a look-up per value: as a join, a guess of few rows made it a scan of
        # all the tenant's rows for each new one.
        f"AND there.{quote(target.column)} = added.{column} OFFSET 0))"
    )
