"""Holes in the wall: what is planted, how it is reported, how it is undone; see test_guards."""

ACCOUNT_POLICY = (
    "CREATE POLICY tenant_isolation ON accounts_account USING ({0}) WITH CHECK ({0})".format(
        "tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)"
    )
)
WITHOUT_POLICY = "DROP POLICY tenant_isolation ON accounts_account"


def policy(condition: str, check: str = "") -> tuple[str, ...]:
    return (
        WITHOUT_POLICY,
        (
            f"CREATE POLICY tenant_isolation ON accounts_account USING ({condition}) "
            f"WITH CHECK ({check or condition})"
        ),
    )


SOUND = "tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid)"
BACK = (WITHOUT_POLICY, ACCOUNT_POLICY)

UNFORCED = "a tenant table without forced row-level security"
POLICY = "a tenant table without exactly the isolation policy"
NO_TENANT = "a table of no tenant that is not on the list of such tables"
OWNED = "a table that the app's role owns"
UNPAIRED = "a foreign key between tenant tables that does not pair the tenants"
UNCHECKED = "a reference to a tenant's row that neither a foreign key nor a trigger checks"
CHANGEABLE = "a tenant table whose rows can be deleted or change their key"
REWRITABLE = "an append-only table whose rows can be changed"
OFF = "a trigger that is switched off"
UNIQUE = "a unique index of a tenant table that is not led by the tenant"
RIGHT = "a right that the app's role must not have"
MAY_CHANGE = "an append-only table that the app's role may change"
SHOWS_ALL = "a view that shows every tenant's rows"
DEFINER = "a function that runs with its owner's rights and is no known door"
MAKES = "a schema in which the app's role may make things"
BECOMES = "the app's role can become one that row-level security does not bind"
ATTRIBUTE = "the app's role may make roles or read the replication stream"

# A table as somebody in a hurry would add it, but for one thing each time.
TABLE = f"""
CREATE TABLE public.deal (tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid{{fk}},
                          PRIMARY KEY ({{pk}}));
ALTER TABLE public.deal ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.deal FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON public.deal USING ({SOUND}) WITH CHECK ({SOUND});
CREATE TRIGGER keys_are_for_ever BEFORE UPDATE ON public.deal
FOR EACH ROW WHEN (OLD.id <> NEW.id OR OLD.tenant_id <> NEW.tenant_id)
EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rows_are_for_ever BEFORE DELETE ON public.deal
FOR EACH ROW EXECUTE FUNCTION refuse_change();
{{more}}
"""
PAIRED = ", FOREIGN KEY (tenant_id, account_id) REFERENCES accounts_account (tenant_id, id)"


def table(*, fk: str = PAIRED, pk: str = "tenant_id, id", more: str = "") -> str:
    return TABLE.format(fk=fk, pk=pk, more=more)


GONE = "DROP TABLE public.deal"


def trigger_gone(table: str, trigger: str) -> str:
    return f"""
    CREATE SCHEMA planted;
    CREATE TABLE planted.kept AS SELECT pg_get_triggerdef(oid) AS made FROM pg_trigger
    WHERE tgrelid = '{table}'::regclass AND tgname = '{trigger}';
    DROP TRIGGER {trigger} ON {table};
    """


def trigger_again() -> str:
    return """
    DO $$ DECLARE definition text; BEGIN
        SELECT made INTO STRICT definition FROM planted.kept;
        EXECUTE definition;
        DROP SCHEMA planted CASCADE;
    END $$
    """


APP = "{app}"

# what is planted -> (the holes found, how it is planted, how it is undone)
PLANTED: dict[str, tuple[set[str], tuple[str, ...], tuple[str, ...]]] = {
    "row-level security off": (
        {f"{UNFORCED}: accounts_account"},
        ("ALTER TABLE accounts_account DISABLE ROW LEVEL SECURITY",),
        ("ALTER TABLE accounts_account ENABLE ROW LEVEL SECURITY",),
    ),
    "row-level security not forced": (
        {f"{UNFORCED}: tiers_tier"},
        ("ALTER TABLE tiers_tier NO FORCE ROW LEVEL SECURITY",),
        ("ALTER TABLE tiers_tier FORCE ROW LEVEL SECURITY",),
    ),
    "no policy": ({f"{POLICY}: accounts_account"}, (WITHOUT_POLICY,), (ACCOUNT_POLICY,)),
    "another policy that permits": (
        {f"{POLICY}: rewards_entry"},
        ("CREATE POLICY reports ON rewards_entry FOR SELECT USING (true)",),
        ("DROP POLICY reports ON rewards_entry",),
    ),
    "policy that always holds": ({f"{POLICY}: accounts_account"}, policy("true"), BACK),
    "policy with an exception": (
        {f"{POLICY}: accounts_account"},
        policy(f"({SOUND}) OR country = 'XX'"),
        BACK,
    ),
    "policy with an exception inside": (
        {f"{POLICY}: accounts_account"},
        policy(
            "tenant_id = (SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid "
            "UNION ALL SELECT NULL LIMIT 1)"
        ),
        BACK,
    ),
    "policy by another setting": (
        {f"{POLICY}: accounts_account"},
        policy("tenant_id = (SELECT NULLIF(current_setting('app.tenant', true), '')::uuid)"),
        BACK,
    ),
    "policy that lets everything be written": (
        {f"{POLICY}: accounts_account"},
        policy(SOUND, "true"),
        BACK,
    ),
    "policy for reading only": (
        {f"{POLICY}: accounts_account"},
        (WITHOUT_POLICY, f"CREATE POLICY r ON accounts_account FOR SELECT USING ({SOUND})"),
        ("DROP POLICY r ON accounts_account", ACCOUNT_POLICY),
    ),
    "plain foreign key": (
        {
            f"{UNPAIRED}: deal_account",
            f"{UNCHECKED}: deal.account_id",
            f"{UNIQUE}: planted_unique",  # without which there can be no such foreign key
        },
        (
            "CREATE UNIQUE INDEX planted_unique ON accounts_account (id)",
            table(fk="") + "ALTER TABLE deal ADD CONSTRAINT deal_account FOREIGN KEY (account_id) "
            "REFERENCES accounts_account (id);",
        ),
        (GONE, "DROP INDEX planted_unique"),
    ),
    "no foreign key": ({f"{UNCHECKED}: deal.account_id"}, (table(fk=""),), (GONE,)),
    "foreign key that is not enforced": (
        {f"{UNCHECKED}: deal.account_id"},
        (table(fk=PAIRED + " NOT ENFORCED"),),
        (GONE,),
    ),
    "only another foreign key over the same column": (
        {f"{UNCHECKED}: deal.account_id"},
        (
            table(fk="") + "ALTER TABLE deal ADD UNIQUE (tenant_id, account_id, id); "
            "ALTER TABLE deal ADD FOREIGN KEY (tenant_id, account_id, id) "
            "REFERENCES deal (tenant_id, account_id, id);",
        ),
        (GONE,),
    ),
    "unique for everybody": (
        {f"{UNIQUE}: planted_unique"},
        ("CREATE UNIQUE INDEX planted_unique ON accounts_account (number)",),
        ("DROP INDEX planted_unique",),
    ),
    "unique by an expression": (
        {f"{UNIQUE}: planted_unique"},
        ("CREATE UNIQUE INDEX planted_unique ON accounts_account (lower(number))",),
        ("DROP INDEX planted_unique",),
    ),
    "primary key without the tenant": (
        {f"{UNIQUE}: deal_pkey"},
        (table(pk="id"),),
        (GONE,),
    ),
    "TRUNCATE granted": (
        {f"{RIGHT}: accounts_account TRUNCATE"},
        (f"GRANT TRUNCATE ON accounts_account TO {APP}",),
        (f"REVOKE TRUNCATE ON accounts_account FROM {APP}",),
    ),
    "DELETE granted to everybody": (
        {f"{RIGHT}: rewards_wallet DELETE"},
        ("GRANT DELETE ON rewards_wallet TO PUBLIC",),
        ("REVOKE DELETE ON rewards_wallet FROM PUBLIC",),
    ),
    "REFERENCES of one column granted": (
        {f"{RIGHT}: accounts_account REFERENCES"},
        (f"GRANT REFERENCES (id) ON accounts_account TO {APP}",),
        (f"REVOKE REFERENCES (id) ON accounts_account FROM {APP}",),
    ),
    "UPDATE of written-once rows granted": (
        {f"{MAY_CHANGE}: rewards_entry"},
        (f"GRANT UPDATE ON rewards_entry TO {APP}",),
        (f"REVOKE UPDATE ON rewards_entry FROM {APP}",),
    ),
    "UPDATE of one column of them granted": (
        {f"{MAY_CHANGE}: accounts_event"},
        (f"GRANT UPDATE (payload) ON accounts_event TO {APP}",),
        (f"REVOKE UPDATE (payload) ON accounts_event FROM {APP}",),
    ),
    "view of its owner": (
        {f"{SHOWS_ALL}: planted"},
        ("CREATE VIEW planted AS SELECT * FROM accounts_account",),
        ("DROP VIEW planted",),
    ),
    "materialized view": (
        {f"{SHOWS_ALL}: planted"},
        ("CREATE MATERIALIZED VIEW planted AS SELECT * FROM accounts_account",),
        ("DROP MATERIALIZED VIEW planted",),
    ),
    "view in another schema": (
        {f"{SHOWS_ALL}: beside"},
        (
            "CREATE SCHEMA planted",
            f"GRANT USAGE ON SCHEMA planted TO {APP}",
            "CREATE VIEW planted.beside AS SELECT * FROM accounts_account",
        ),
        ("DROP SCHEMA planted CASCADE",),
    ),
    "copy in another schema": (
        {f"{NO_TENANT}: beside"},
        (
            "CREATE SCHEMA planted",
            f"GRANT USAGE ON SCHEMA planted TO {APP}",
            "CREATE TABLE planted.beside AS SELECT number, name FROM accounts_account",
        ),
        ("DROP SCHEMA planted CASCADE",),
    ),
    "function with its owner's rights": (
        {f"{DEFINER}: planted()"},
        (
            (
                "CREATE FUNCTION planted() RETURNS SETOF accounts_account LANGUAGE sql "
                "SECURITY DEFINER SET search_path = public AS 'SELECT * FROM accounts_account'"
            ),
        ),
        ("DROP FUNCTION planted()",),
    ),
    "door that can be led astray": (
        {f"{DEFINER}: door_tenant_ids()"},
        ("ALTER FUNCTION door_tenant_ids() RESET search_path",),
        ("ALTER FUNCTION door_tenant_ids() SET search_path = pg_catalog, public",),
    ),
    "table of no tenant": (
        {f"{NO_TENANT}: deal"},
        ("CREATE TABLE deal (id uuid PRIMARY KEY, account_id uuid)",),
        (GONE,),
    ),
    "table owned by the app": (
        {f"{OWNED}: deal", f"{RIGHT}: deal TRUNCATE", f"{RIGHT}: deal REFERENCES"}
        | {f"{RIGHT}: deal TRIGGER", f"{RIGHT}: deal DELETE"},
        (
            f"GRANT {APP} TO CURRENT_USER",
            table(),
            f"GRANT CREATE ON SCHEMA public TO {APP}",
            f"ALTER TABLE deal OWNER TO {APP}",
            f"REVOKE CREATE ON SCHEMA public FROM {APP}",
        ),
        (GONE, f"REVOKE {APP} FROM CURRENT_USER"),
    ),
    **{
        f"{table}: {trigger} gone": (
            {hole},
            (trigger_gone(table, trigger),),
            (trigger_again(),),
        )
        for table, trigger, hole in (
            ("accounts_program", "keys_are_for_ever", f"{CHANGEABLE}: accounts_program"),
            ("accounts_tenant", "rows_are_for_ever", f"{CHANGEABLE}: accounts_tenant"),
            ("accounts_event", "event_append_only", f"{REWRITABLE}: accounts_event"),
            ("rewards_entry", "entry_append_only", f"{REWRITABLE}: rewards_entry"),
        )
    },
    **{
        f"{table}: {trigger} gone": (
            {f"{UNCHECKED}: {table}.{column}" for column in columns},
            (trigger_gone(table, trigger),),
            (trigger_again(),),
        )
        for table, trigger, columns in (
            (
                "accounts_activity",
                "activity_references",
                ("account_id", "member_id", "product_id", "reverses_id"),
            ),
            (
                "rewards_entry",
                "entry_references",
                ("wallet_id", "activity_id", "note_id", "rule_version_id", "tier_id"),
            ),
            ("rewards_lot", "lot_references", ("entry_id", "wallet_id")),
            ("rewards_lot", "lot_references_stay", ("entry_id", "wallet_id")),
            ("tiers_standing", "standing_references_tier", ("tier_id",)),
        )
    },
    **{
        f"{table}: {trigger} switched off": (
            {f"{OFF}: {table}.{trigger}"},
            (f"ALTER TABLE {table} {off} TRIGGER {trigger}",),
            (f"ALTER TABLE {table} ENABLE TRIGGER {trigger}",),
        )
        for table, trigger, off in (
            ("accounts_activity", "activity_append_only", "DISABLE"),
            ("accounts_activity", "activity_references", "DISABLE"),
            ("accounts_account", "keys_are_for_ever", "DISABLE"),
            ("rewards_lotuse", "lot_use_append_only", "ENABLE REPLICA"),
        )
    },
    "trigger that refuses nothing": (
        {f"{CHANGEABLE}: deal"},
        (
            "CREATE SCHEMA planted",
            (
                "CREATE FUNCTION planted.refuse_change() RETURNS trigger LANGUAGE plpgsql "
                "AS 'BEGIN RETURN NEW; END'"
            ),
            table(
                more="DROP TRIGGER keys_are_for_ever ON deal; "
                "CREATE TRIGGER keys_are_for_ever BEFORE UPDATE ON deal "
                "FOR EACH ROW EXECUTE FUNCTION planted.refuse_change();"
            ),
        ),
        (GONE, "DROP SCHEMA planted CASCADE"),
    ),
    "schema in which the app may make tables": (
        {f"{MAKES}: public"},
        (f"GRANT CREATE ON SCHEMA public TO {APP}",),
        (f"REVOKE CREATE ON SCHEMA public FROM {APP}",),
    ),
}

# Roles are the whole cluster's, which other test processes use as well: what a role can be is shown
# with one of its own instead of the app's.
ROLES: dict[str, tuple[set[str], tuple[str, ...]]] = {
    "bound": (set(), ("CREATE ROLE {role} LOGIN",)),
    "not bound": (
        {"the app connects as a role that row-level security does not bind: {role}"},
        ("CREATE ROLE {role} LOGIN BYPASSRLS",),
    ),
    "member of one that is not": (
        {f"{BECOMES}: {{group}}"},
        (
            "CREATE ROLE {role} LOGIN",
            "CREATE ROLE {group} NOLOGIN BYPASSRLS",
            "GRANT {group} TO {role} WITH INHERIT FALSE",
        ),
    ),
    "member of one by way of another": (
        {f"{BECOMES}: {{group}}"},
        (
            "CREATE ROLE {role} LOGIN",
            "CREATE ROLE {group} NOLOGIN BYPASSRLS",
            "CREATE ROLE {between} NOLOGIN",
            "GRANT {group} TO {between}",
            "GRANT {between} TO {role}",
        ),
    ),
    "maker of roles": ({f"{ATTRIBUTE}: {{role}}"}, ("CREATE ROLE {role} LOGIN CREATEROLE",)),
}
