"""Standings follow one another, checked for a whole statement at once.

What follows a moment follows a standing of the same enrollment and ladder that ends there, and no
moment is followed twice; one standing alone, the first, follows nothing. As each lasts, an
enrollment's standings are one chain, of which only the last can be open.

At a period's end a fifth of all standings end and are followed: a foreign key, checked row by row,
cost a tenth of that. The check is as strict, for an end that is written stays (see also
`accounts.references`).
"""

from accounts.postgres.triggers import TriggerConstraint


class Succession(TriggerConstraint):
    """Refuses standings that follow no other, and changes of what was ended or has followed."""

    def create_sql(self, model, schema_editor):
        return """
            CREATE FUNCTION check_standing_succession() RETURNS trigger LANGUAGE plpgsql
            SET enable_seqscan = off SET enable_bitmapscan = off
            AS $check$
            BEGIN
                IF EXISTS (
                    SELECT FROM added WHERE follows IS NOT NULL AND NOT EXISTS (
                        SELECT FROM tiers_standing before
                        WHERE before.tenant_id = added.tenant_id
                          AND before.enrollment_id = added.enrollment_id
                          AND before.scheme_id = added.scheme_id
                          AND before.ends_at = added.follows OFFSET 0)
                ) THEN
                    RAISE foreign_key_violation USING MESSAGE =
                        'a new standing follows a moment at which no other ends';
                END IF;
                RETURN NULL;
            END $check$;
            CREATE TRIGGER standing_succession AFTER INSERT ON tiers_standing
            REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION check_standing_succession();
            CREATE TRIGGER standing_succession_stays BEFORE UPDATE ON tiers_standing
            FOR EACH ROW WHEN (
                OLD.ends_at IS NOT NULL AND NEW.ends_at IS DISTINCT FROM OLD.ends_at
                OR NEW.follows IS DISTINCT FROM OLD.follows)
            EXECUTE FUNCTION refuse_change()
        """

    def remove_sql(self, model, schema_editor):
        return (
            "DROP TRIGGER standing_succession ON tiers_standing; "
            "DROP TRIGGER standing_succession_stays ON tiers_standing; "
            "DROP FUNCTION check_standing_succession()"
        )
