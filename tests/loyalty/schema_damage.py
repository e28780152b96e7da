"""Damage to the schema: (the claims that fail, what did it)."""

from tests.loyalty.claims import (
    GUARDED,
    SUCCESSION,
    TWICE,
    VISIBLE,
    WHOLE,
    WRITTEN_ONCE,
)

ENFORCE_VERSION_OF_TIER = """
    DO $$ DECLARE found text; BEGIN
        SELECT conname INTO STRICT found FROM pg_constraint WHERE contype = 'f'
           AND conrelid = 'tiers_tier'::regclass AND confrelid = 'tiers_schemeversion'::regclass;
        EXECUTE format('ALTER TABLE tiers_tier ALTER CONSTRAINT %I {}', found);
    END $$
"""

SCHEMA = {
    **{
        f"{table} can be changed": (
            {WRITTEN_ONCE},
            f"ALTER TABLE {table} DISABLE TRIGGER {trigger}",
        )
        for table, trigger in (
            ("accounts_activity", "activity_append_only"),
            ("accounts_event", "event_append_only"),
            ("rewards_entry", "entry_append_only"),
            ("rewards_lotuse", "lot_use_append_only"),
        )
    },
    "no foreign key": (
        {GUARDED},
        ENFORCE_VERSION_OF_TIER.format("NOT ENFORCED"),
    ),
    "references unchecked": (
        {GUARDED},
        "ALTER TABLE rewards_entry DISABLE TRIGGER entry_references",
    ),
    "a table outside of the wall": (
        {VISIBLE},
        "ALTER TABLE accounts_event DISABLE ROW LEVEL SECURITY",
    ),
    "points with decimals": (
        {WHOLE},
        "ALTER TABLE rewards_lotuse ALTER COLUMN amount TYPE numeric",
    ),
    "a float": (
        {WHOLE},
        "ALTER TABLE accounts_product ADD COLUMN price double precision",
    ),
    "a gap between standings": (
        {SUCCESSION},
        (
            "ALTER TABLE tiers_standing DISABLE TRIGGER standing_succession_stays; "
            "UPDATE tiers_standing SET ends_at = ends_at - interval '1 hour' "
            "WHERE cause = 'enrolled'"
        ),
    ),
    "the same entry twice": (
        {TWICE},
        (
            "ALTER TABLE rewards_entry DROP CONSTRAINT entry_once_per_cause; "
            "INSERT INTO rewards_entry (tenant_id, id, wallet_id, kind, available, pending, "
            "reserved, occurred_at, recorded_at, actor, cause) "
            "SELECT tenant_id, gen_random_uuid(), wallet_id, kind, 0, 0, 0, occurred_at, "
            "recorded_at, actor, cause FROM rewards_entry "
            "WHERE kind = 'spend'"
        ),
    ),
}
