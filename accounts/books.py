"""What must be true of the books of this floor, as SQL that finds where it is not.

Every floor has a `books.py`; `manage.py verify_books` runs them all, nightly and after a crash, and
reports rather than repairs. The queries rebuild each figure from the immutable facts in one pass
over a tenant's rows and share no code with what wrote it, so that a mistake is not repeated here.
"""
# ruff: noqa: S608 (only names of our own tables and queries go into these texts)

from django.apps import apps
from django.db.models import ForeignKey, Model

from accounts.appendonly import AppendOnly
from accounts.books_of_deliveries import DELIVERIES
from accounts.books_of_files import FILES
from accounts.books_of_rollups import ROLL_UPS
from accounts.invariants import COMPLETED, Invariant

# A return lowers what it took back, in its own month. What is returned in full no longer counts as
# one either, from the return on that completed it.
_RECOUNTED = f"""
    SELECT fact.account_id,
           date_trunc('month', fact.occurred_at AT TIME ZONE tenant.time_zone)::date AS month,
           coalesce(original.kind, fact.kind) AS kind,
           fact.product_line,
           sum(fact.amount) AS amount, sum(fact.quantity) AS quantity,
           sum(CASE WHEN fact.reverses_id IS NULL THEN 1
                    WHEN completed.last = fact.id THEN -1
                    ELSE 0 END) AS count
    FROM accounts_activity fact
    JOIN accounts_tenant tenant ON tenant.id = fact.tenant_id
    LEFT JOIN accounts_activity original
           ON original.tenant_id = fact.tenant_id AND original.id = fact.reverses_id
    LEFT JOIN ({COMPLETED}) completed ON completed.id = original.id
    GROUP BY 1, 2, 3, 4
"""

FACTS = (
    Invariant(
        11,
        "measures equal what their facts add up to",
        f"""
        SELECT account_id || ' ' || month || ' ' || kind || ' ' || product_line
        FROM ({_RECOUNTED}) recounted
        FULL JOIN (SELECT * FROM accounts_measure WHERE kind <> 'status_credits') measure
             USING (account_id, month, kind, product_line)
        WHERE coalesce(recounted.amount, 0) <> coalesce(measure.amount, 0)
           OR coalesce(recounted.quantity, 0) <> coalesce(measure.quantity, 0)
           OR coalesce(recounted.count, 0) <> coalesce(measure.count, 0)
        """,
    ),
    Invariant(
        6,
        "returns take back at most what the original fact was, from the same account",
        """
        SELECT original.id
        FROM accounts_activity original
        JOIN accounts_activity taken
          ON taken.tenant_id = original.tenant_id AND taken.reverses_id = original.id
        GROUP BY original.id, original.account_id, original.amount, original.quantity,
                 original.reverses_id
        HAVING sum(-taken.amount) > original.amount OR max(taken.amount) > 0
            OR sum(-taken.quantity) > original.quantity OR max(taken.quantity) > 0
            OR bool_or(taken.account_id <> original.account_id)
            OR original.reverses_id IS NOT NULL
        """,
    ),
    Invariant(
        6,
        "only a return is below zero",
        """
        SELECT id FROM accounts_activity
        WHERE reverses_id IS NULL AND (amount < 0 OR quantity < 0)
        """,
    ),
)


def tenant_models() -> list[type[Model]]:
    """Every model whose rows belong to a tenant, of every floor."""
    return [
        model
        for model in apps.get_models()
        if any(field.name == "tenant" for field in model._meta.local_fields)
    ]


def _references() -> list[tuple[str, str, str, str, str | None]]:
    """(table, its key, column, table referred to, its key) of references between tenant tables."""
    walled = set(tenant_models())
    return [
        (
            model._meta.db_table,
            model._meta.pk.column or "tenant_id",  # a composite key has no column of its own
            field.column,
            field.related_model._meta.db_table,
            field.target_field.column,
        )
        for model in sorted(walled, key=lambda model: model._meta.db_table)
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey) and field.related_model in walled
    ]


def _dangling() -> str:
    """Rows that refer to what their own tenant does not have: another tenant's row, or none."""
    return " UNION ALL ".join(
        f"""
        SELECT '{table}.{column} ' || referring.{key} FROM {table} referring
        WHERE referring.{column} IS NOT NULL AND NOT EXISTS (
            SELECT FROM {target} referred WHERE referred.tenant_id = referring.tenant_id
               AND referred.{target_key} = referring.{column})
        """
        for table, key, column, target, target_key in _references()
    )


def _unguarded() -> str:
    """References that neither a valid composite foreign key nor a checking trigger guards."""
    wanted = ", ".join(
        f"('{table}', '{column}', '{target}')" for table, _, column, target, _ in _references()
    )
    after_insert_of_a_statement = "tgtype & 1 = 0 AND tgtype & 2 = 0 AND tgtype & 4 = 4"
    return f"""
        SELECT wanted.name || '.' || wanted.reference
        FROM (VALUES {wanted}) AS wanted (name, reference, target)
        WHERE NOT EXISTS (
            SELECT FROM pg_constraint
            WHERE contype = 'f' AND convalidated
              AND conrelid = wanted.name::regclass AND confrelid = wanted.target::regclass
              AND (SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute
                   WHERE attrelid = conrelid AND attnum = ANY (conkey))
                  = (SELECT array_agg(x ORDER BY x)
                     FROM unnest(ARRAY['tenant_id', wanted.reference]) x))
          AND NOT EXISTS (
            SELECT FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
            WHERE tgrelid = wanted.name::regclass AND tgenabled IN ('O', 'A')
              AND {after_insert_of_a_statement}
              AND strpos(prosrc, 'FROM "' || wanted.target || '" there WHERE '
                                 || 'there.tenant_id = added.tenant_id AND there."') > 0
              AND strpos(prosrc, ' = added."' || wanted.reference || '"') > 0)
    """


def _changeable() -> str:
    """Tables of written-once rows whose trigger is gone, switched off or toothless."""
    tables = ", ".join(
        f"('{model._meta.db_table}')"
        for model in apps.get_models()
        if any(isinstance(one, AppendOnly) for one in model._meta.constraints)
    )
    before_update_and_delete_of_each_row = 1 + 2 + 8 + 16
    return f"""
        SELECT written_once.name FROM (VALUES {tables}) AS written_once (name)
        WHERE NOT EXISTS (
            SELECT FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
            WHERE tgrelid = written_once.name::regclass AND tgenabled IN ('O', 'A')
              AND tgtype & {before_update_and_delete_of_each_row}
                  = {before_update_and_delete_of_each_row}
              AND tgattr = ''::int2vector AND tgqual IS NULL  -- of every column, always
              AND proname = 'refuse_change' AND prosrc LIKE '%%RAISE EXCEPTION%%')
    """


def _visible_to_nobody() -> str:
    """Tenant tables that answer although no tenant is open."""
    tables = ["accounts_tenant", *(model._meta.db_table for model in tenant_models())]
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in sorted(tables)
    )


# Columns that count money or points: whole numbers of the smallest unit.
COUNTED = (
    "amount", "available", "pending", "reserved", "desired", "remaining", "used", "cap",
    "threshold",
)  # fmt: skip


def per_tenant() -> tuple[Invariant, ...]:
    """Run once for each tenant, in its scope."""
    crossing = Invariant(12, "every reference stays within its tenant", _dangling())
    return (*FACTS, *ROLL_UPS, *DELIVERIES, *FILES, crossing)


def of_the_database() -> tuple[Invariant, ...]:
    """Run once, with no tenant open."""
    counted = ", ".join(f"'{column}'" for column in COUNTED)
    return (
        Invariant(4, "facts, entries, lot uses and events are written once", _changeable()),
        Invariant(12, "every reference is guarded against other tenants' rows", _unguarded()),
        Invariant(12, "without an open tenant no row is visible", _visible_to_nobody()),
        Invariant(
            14,
            "money and points are whole numbers in every column",
            f"""
            SELECT relname || '.' || attname
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
              AND attnum > 0 AND NOT attisdropped
              AND (atttypid IN ('real'::regtype, 'double precision'::regtype, 'money'::regtype)
                   OR attname IN ({counted}) AND atttypid <> 'bigint'::regtype)
            """,
        ),
    )
