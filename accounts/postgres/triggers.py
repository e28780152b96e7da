"""Triggers as constraints of models, so that migrations make and remove them like any other."""

from django.db.models.constraints import BaseConstraint


class TriggerConstraint(BaseConstraint):
    """A guard that a trigger keeps: subclasses say in `create_sql` which, and how it is removed."""

    def constraint_sql(self, model, schema_editor):
        # A trigger cannot stand inside CREATE TABLE; it follows as soon as the table is there.
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def remove_sql(self, model, schema_editor):
        table = schema_editor.quote_name(model._meta.db_table)
        return f"DROP TRIGGER {schema_editor.quote_name(self.name)} ON {table}"

    def validate(self, *args, **kwargs) -> None:
        """The database keeps it; there is nothing to say about a single row in Python."""

    def __eq__(self, other):
        if type(other) is type(self):
            return self.name == other.name
        return NotImplemented

    __hash__ = BaseConstraint.__hash__
