"""Refuse to run without the wall: each check finds one way in which it could be missing.

Run at the start of every web process, worker and test session. A hole is reported with the name of
the thing at fault and the service does not start.
"""
# ruff: noqa: S608 (only names of our own tables and queries go into these texts)

from django.apps import apps
from django.db import connection

from accounts.appendonly import AppendOnly
from accounts.doors import DOORS


class WallMissing(RuntimeError):
    """The database would let one tenant see another."""


# Tables of no tenant: what Django and allauth keep about people and about the service itself.
OPEN_TABLES = {
    "accounts_user",
    "accounts_user_groups",
    "accounts_user_user_permissions",
    "account_emailaddress",
    "account_emailconfirmation",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
    "django_session",
    "mfa_authenticator",
}

# Every schema that the app's role can look into, but Postgres' own: a table does not escape by
# standing beside "public".
_OURS = """
EXISTS (SELECT FROM pg_namespace n
        WHERE n.oid = {} AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
          AND has_schema_privilege(current_user, n.oid, 'USAGE'))
"""

_WALLED = f"""
SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relowner,
       c.relname = 'accounts_tenant' AS is_tenant
FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND {_OURS.format("c.relnamespace")}
  AND (c.relname = 'accounts_tenant' OR EXISTS (
        SELECT FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
"""

# The policy's condition as Postgres writes it down, whole: nothing may be added to it.
_ISOLATION = (
    r"^\((id|tenant_id) = \( SELECT \(NULLIF\(current_setting\('app\.tenant_id'::text, true\), "
    r"''::text\)\)::uuid AS [^ ]+\)\)$"
)

# A trigger that refuses, whatever the row.
_REFUSES = "f.proname = 'refuse_change' AND f.prosrc LIKE '%%RAISE EXCEPTION%%'"

CHECKS: dict[str, str] = {
    "the app connects as a role that row-level security does not bind": """
        SELECT rolname FROM pg_roles
        WHERE rolname = current_user AND (rolsuper OR rolbypassrls)
    """,
    "the app's role can become one that row-level security does not bind": """
        SELECT rolname FROM pg_roles
        WHERE (rolsuper OR rolbypassrls OR rolname IN (
                   'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program'))
          AND pg_has_role(current_user, oid, 'MEMBER') AND rolname <> current_user
    """,
    "the app's role may make roles or read the replication stream": """
        SELECT rolname FROM pg_roles
        WHERE rolname = current_user AND (rolcreaterole OR rolreplication)
    """,
    "triggers do not fire for the app": """
        SELECT name || ' = ' || setting FROM pg_settings
        WHERE name = 'session_replication_role' AND setting <> 'origin'
    """,
    "a schema in which the app's role may make things": f"""
        SELECT s.nspname FROM pg_namespace s
        WHERE {_OURS.format("s.oid")} AND has_schema_privilege(current_user, s.oid, 'CREATE')
    """,
    "a tenant table without forced row-level security": f"""
        SELECT relname FROM ({_WALLED}) t WHERE NOT relrowsecurity OR NOT relforcerowsecurity
    """,
    "a tenant table without exactly the isolation policy": f"""
        SELECT relname FROM ({_WALLED}) t
        WHERE (SELECT count(*) FROM pg_policy p WHERE p.polrelid = t.oid AND p.polpermissive) <> 1
           OR NOT EXISTS (
                SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polcmd = '*'
                  AND p.polpermissive AND p.polroles = '{{0}}'
                  AND pg_get_expr(p.polqual, p.polrelid) = pg_get_expr(p.polwithcheck, p.polrelid)
                  AND (regexp_match(pg_get_expr(p.polqual, p.polrelid), %(isolation)s))[1]
                      = CASE WHEN is_tenant THEN 'id' ELSE 'tenant_id' END)
    """,
    "a table of no tenant that is not on the list of such tables": f"""
        SELECT c.relname FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND {_OURS.format("c.relnamespace")}
          AND c.relname <> ALL (%(open_tables)s)
          AND c.oid NOT IN (SELECT oid FROM ({_WALLED}) t)
    """,
    "a table that the app's role owns": f"""
        SELECT c.relname FROM pg_class c
        WHERE pg_has_role(current_user, c.relowner, 'MEMBER')
          AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS.format("c.relnamespace")}
    """,
    "a foreign key between tenant tables that does not pair the tenants": """
        SELECT k.conname FROM pg_constraint k
        WHERE k.contype = 'f'
          AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = k.conrelid
                      AND attname = 'tenant_id' AND NOT attisdropped)
          AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = k.confrelid
                      AND attname = 'tenant_id' AND NOT attisdropped)
          AND NOT EXISTS (
            SELECT FROM generate_subscripts(k.conkey, 1) i
            JOIN pg_attribute x ON x.attrelid = k.conrelid AND x.attnum = k.conkey[i]
                               AND x.attname = 'tenant_id'
            JOIN pg_attribute y ON y.attrelid = k.confrelid AND y.attnum = k.confkey[i]
                               AND y.attname = 'tenant_id')
    """,
    "a reference to a tenant's row that neither a foreign key nor a trigger checks": f"""
        SELECT t.relname || '.' || a.attname
        FROM ({_WALLED}) t JOIN pg_attribute a ON a.attrelid = t.oid
        WHERE a.atttypid = 'uuid'::regtype AND NOT a.attisdropped
          AND right(a.attname, 3) = '_id' AND a.attname NOT IN ('tenant_id', 'user_id')
          -- of these two columns alone: with a third one that may be NULL it would check nothing
          AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid
                          AND k.contype = 'f' AND k.convalidated AND cardinality(k.conkey) = 2
                          AND a.attnum = ANY (k.conkey))
          AND NOT (
            EXISTS (SELECT FROM pg_trigger g JOIN pg_proc f ON f.oid = g.tgfoid
                    WHERE g.tgrelid = t.oid AND g.tgnewtable = 'added'
                      AND f.prosrc LIKE '%%there.tenant_id = added.tenant_id%%added."'
                          || a.attname || '"%%')
            AND EXISTS (SELECT FROM pg_trigger g JOIN pg_proc f ON f.oid = g.tgfoid
                        WHERE g.tgrelid = t.oid AND g.tgtype & 19 = 19 AND g.tgqual IS NULL
                          AND ({_REFUSES}
                               OR f.prosrc LIKE '%%there.tenant_id = NEW.tenant_id%%NEW."'
                                  || a.attname || '"%%RAISE foreign_key_violation%%')
                          AND (g.tgattr = ''::int2vector OR a.attnum = ANY (g.tgattr))))
    """,
    "a tenant table whose rows can be deleted or change their key": f"""
        SELECT relname FROM ({_WALLED}) t
        WHERE 2 <> (SELECT count(*) FROM pg_trigger g JOIN pg_proc f ON f.oid = g.tgfoid
                    WHERE g.tgrelid = t.oid AND {_REFUSES}
                      AND (g.tgname = 'keys_are_for_ever' AND g.tgtype & 19 = 19
                           AND g.tgattr = ''::int2vector
                        OR g.tgname = 'rows_are_for_ever' AND g.tgtype & 11 = 11
                           AND g.tgqual IS NULL))
    """,
    "an append-only table whose rows can be changed": f"""
        SELECT name FROM unnest(%(append_only)s::text[]) AS append_only (name)
        WHERE NOT EXISTS (SELECT FROM pg_trigger g JOIN pg_proc f ON f.oid = g.tgfoid
                          WHERE g.tgrelid = name::regclass AND {_REFUSES} AND g.tgtype & 27 = 27
                            AND g.tgqual IS NULL AND g.tgattr = ''::int2vector)
    """,
    "a trigger that is switched off": f"""
        SELECT t.relname || '.' || CASE WHEN g.tgisinternal THEN coalesce(k.conname, '')
                                        ELSE g.tgname END
        FROM ({_WALLED}) t JOIN pg_trigger g ON g.tgrelid = t.oid
        LEFT JOIN pg_constraint k ON k.oid = g.tgconstraint
        WHERE g.tgenabled NOT IN ('O', 'A')
    """,
    "a unique index of a tenant table that is not led by the tenant": f"""
        SELECT i.indexrelid::regclass::text FROM pg_index i JOIN ({_WALLED}) t ON t.oid = i.indrelid
        WHERE (i.indisunique OR i.indisexclusion) AND NOT is_tenant AND NOT EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid
              AND a.attnum = i.indkey[0] AND a.attname = 'tenant_id')
    """,
    "a right that the app's role must not have": f"""
        SELECT c.relname || ' ' || p.name
        FROM pg_class c, unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER', 'DELETE']) AS p (name)
        WHERE c.relkind IN ('r', 'p') AND {_OURS.format("c.relnamespace")}
          AND CASE p.name
              WHEN 'REFERENCES' THEN has_any_column_privilege(current_user, c.oid, p.name)
              WHEN 'DELETE' THEN c.oid IN (SELECT oid FROM ({_WALLED}) t)
                                 AND has_table_privilege(current_user, c.oid, p.name)
              ELSE has_table_privilege(current_user, c.oid, p.name) END
    """,
    "an append-only table that the app's role may change": """
        SELECT name FROM unnest(%(append_only)s::text[]) AS append_only (name)
        WHERE has_any_column_privilege(current_user, name, 'UPDATE')
    """,
    "a view that shows every tenant's rows": f"""
        SELECT c.relname FROM pg_class c
        WHERE {_OURS.format("c.relnamespace")}
          AND (c.relkind IN ('m', 'f') OR c.relkind = 'v'
               AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false))
    """,
    "a function that runs with its owner's rights and is no known door": f"""
        SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE p.prosecdef AND {_OURS.format("p.pronamespace")}
          AND (p.oid::regprocedure::text <> ALL (%(doors)s)
               OR NOT coalesce(p.proconfig::text LIKE '%%search_path=%%', false))
    """,
}


def find_holes(using=connection) -> list[str]:
    """Every hole in the wall of the connected database, each as "what: which".

    No tenant may be open.
    """
    holes = []
    with using.cursor() as cursor:
        for what, query in CHECKS.items():
            cursor.execute(query, values())
            holes += [f"{what}: {row[0]}" for row in cursor.fetchall()]
        holes += [f"a tenant's rows visible with no tenant open: {it}" for it in _visible(cursor)]
    return holes


def values() -> dict[str, str | list[str]]:
    """What the checks compare with."""
    return {
        "doors": list(DOORS),
        "open_tables": sorted(OPEN_TABLES),
        "append_only": append_only_tables(),
        "isolation": _ISOLATION,
    }


def append_only_tables() -> list[str]:
    """By our models: a table whose trigger is gone does not say any more that it had one."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if any(isinstance(one, AppendOnly) for one in model._meta.constraints)
    )


def _visible(cursor) -> list[str]:
    """Tenant tables that show a row, whatever the catalog says about them."""
    cursor.execute(
        f"SELECT oid::regclass::text FROM ({_WALLED}) t "
        "WHERE has_table_privilege(current_user, oid, 'SELECT') ORDER BY 1"
    )
    tables = [row[0] for row in cursor.fetchall()]
    cursor.execute(
        " UNION ALL ".join(
            f"SELECT {index} WHERE EXISTS (SELECT FROM {table})"
            for index, table in enumerate(tables)
        )
        or "SELECT WHERE false"
    )
    return [tables[row[0]] for row in cursor.fetchall()]


def refuse_unless_walled(using=connection) -> None:
    """Raise WallMissing, naming every hole, unless the wall is complete."""
    holes = find_holes(using)
    if holes:
        raise WallMissing(
            "The wall between tenants has holes; run `manage.py prepare_database` and "
            "`manage.py migrate`, or mend these by hand:\n  " + "\n  ".join(holes)
        )
