"""Damage to facts, what is measured of them, and tiers."""

from tests.loyalty.claims import (
    BELOW_ZERO,
    BEYOND,
    BY_DAY,
    BYTES,
    CAME_BACK,
    CREDITS,
    CROSSING,
    EXACT,
    FIRST,
    FOLLOWS,
    IN_FULL,
    KNOWN,
    LEADS,
    MEASURES,
    MULTIPLIER,
    NUMBERS,
    OWN_LADDER,
    PEOPLE,
    POINTS,
    RETURNS,
    SENT_OUT,
    STANDS,
    TIER_SAYS,
    VALID,
)
from tests.loyalty.damaged_rows import EARNED, FACT, OTHER_LADDER, READ, SAID_COUNTED

TO_FACTS = {
    "measured amount": (
        {MEASURES},
        "UPDATE accounts_measure SET amount = amount + 1 WHERE kind = 'training'",
    ),
    "a file that nobody handed in": (
        {BYTES},
        """INSERT INTO accounts_file
               (tenant_id, id, name, media_type, size, digest, uploaded_at, uploaded_by)
           SELECT id, gen_random_uuid(), 'x.pdf', 'application/pdf', 1, 'x', now(), 'x'
           FROM accounts_tenant""",
    ),
    "measured quantity": (
        {MEASURES},
        "UPDATE accounts_measure SET quantity = quantity - 0.5 WHERE kind = 'purchase'",
    ),
    "measured count": (
        {MEASURES},
        "UPDATE accounts_measure SET count = count + 1 WHERE kind = 'purchase'",
    ),
    "measure of another line": (
        {MEASURES, POINTS},
        (
            "UPDATE accounts_measure SET product_line = 'Tires' WHERE product_line = 'Bikes' "
            "AND kind = 'purchase'"
        ),
    ),
    "measure in the month of UTC": (
        {MEASURES, POINTS},
        (
            "UPDATE accounts_activity SET occurred_at = '2026-02-01 04:30+00' "
            f"WHERE id = {FACT.format('T1')}"
        ),
        (
            f"UPDATE rewards_entry SET occurred_at = '2026-02-01 04:30+00' "
            f"WHERE {EARNED.format('T1', 'learning')}"
        ),
    ),
    "return of too much": (
        {RETURNS, MEASURES, CAME_BACK},
        f"UPDATE accounts_activity SET amount = -9999_99 WHERE id = {FACT.format('R1')}",
    ),
    "return of another account's fact": (
        {RETURNS, MEASURES},
        (
            "UPDATE accounts_activity SET account_id = (SELECT id FROM accounts_account "
            f"WHERE number = 'D2') WHERE id = {FACT.format('R1')}"
        ),
    ),
    "purchase below zero": (
        {BELOW_ZERO, MEASURES, EXACT, KNOWN},
        f"UPDATE accounts_activity SET amount = -1 WHERE id = {FACT.format('P5')}",
    ),
    "reference to nothing": (
        {CROSSING},
        (
            "UPDATE accounts_activity SET product_id = gen_random_uuid() "
            f"WHERE id = {FACT.format('P3')}"
        ),
    ),
    "no standing": (
        {STANDS, MULTIPLIER},
        (
            "DELETE FROM tiers_standing WHERE ends_at IS NULL AND enrollment_id = (SELECT e.id "
            "FROM accounts_enrollment e JOIN accounts_account a ON a.id = e.account_id "
            "WHERE a.number = 'D1')"
        ),
    ),
    "enrollment moved": (
        {FIRST},
        "UPDATE accounts_enrollment SET enrolled_at = enrolled_at - interval '1 day'",
    ),
    "evidence of another value": ({KNOWN}, READ.format(120_001)),
    "evidence that does not suffice": (
        {KNOWN, LEADS},
        READ.format(99_999),
        (
            "UPDATE accounts_activity SET recorded_at = recorded_at - interval '1 second' "
            f"WHERE id = {FACT.format('P1')}"
        ),
    ),
    "evidence of another version": (
        {LEADS},
        (
            "UPDATE tiers_standing SET evidence = jsonb_set(evidence, '{version}', '7') "
            "WHERE cause = 'reached'"
        ),
    ),
    "evidence that meets another tier": (
        {LEADS},
        (
            "UPDATE tiers_standing SET evidence = jsonb_set(evidence, '{met}', '\"silver\"') "
            "WHERE cause = 'reached'"
        ),
    ),
    "standing on another ladder's tier": (
        {OWN_LADDER, STANDS, MULTIPLIER},
        OTHER_LADDER,
        "UPDATE tiers_standing SET scheme_id = (SELECT id FROM tiers_scheme WHERE code = 'other')",
    ),
    "tier of other criteria": (
        {TIER_SAYS},
        (
            "UPDATE tiers_tier SET criteria = jsonb_set(criteria, '{threshold}', '1') "
            "WHERE name = 'Gold'"
        ),
    ),
    "tier not deserved": (
        {LEADS, MULTIPLIER},
        (
            "UPDATE tiers_standing SET tier_id = (SELECT id FROM tiers_tier WHERE name = 'Gold' "
            "AND tenant_id = tiers_standing.tenant_id) WHERE cause = 'evaluated'"
        ),
    ),
    "expired and still open": (
        {BEYOND},
        (
            'UPDATE accounts_jobrun SET outcome = outcome || \'{"reached": '
            "\"2027-06-01T00:00:00+00:00\"}' WHERE job = 'clock'"
        ),
    ),
    "event that was never sent": ({SENT_OUT}, "DELETE FROM accounts_webhookdelivery"),
    "tier of another multiplier": (
        {MULTIPLIER, TIER_SAYS},
        "UPDATE tiers_tier SET multiplier = 1.6 WHERE name = 'Gold'",
    ),
    "full return that kept something": (
        {IN_FULL, MEASURES, CAME_BACK},
        f"UPDATE accounts_activity SET quantity = -10 WHERE id = {FACT.format('R1')}",
    ),
    "measured credits": (
        {CREDITS},
        "UPDATE accounts_measure SET amount = amount + 1 WHERE kind = 'status_credits'",
    ),
    "measured points": (
        {POINTS},
        "UPDATE accounts_measure SET points = points + 1 WHERE kind = 'training'",
    ),
    "a person more often": ({PEOPLE}, "UPDATE accounts_personmeasure SET count = count + 1"),
    "an average's sum": ({NUMBERS}, "UPDATE accounts_attributemeasure SET total = total + 0.1"),
    "an average's count": ({NUMBERS}, "UPDATE accounts_attributemeasure SET count = count + 1"),
    "returned amount": ({CAME_BACK}, "UPDATE accounts_returned SET amount = amount + 1"),
    "returned count": ({CAME_BACK}, "UPDATE accounts_returned SET count = 1 - count"),
    "returned in another month": (
        {CAME_BACK},
        "UPDATE accounts_returned SET returned = returned + interval '1 month'",
    ),
    "valid a day longer": (
        {VALID},
        "UPDATE accounts_validity SET ends_at = ends_at + interval '1 day'",
    ),
    "valid an hour less": (
        {VALID},
        "UPDATE accounts_validity SET ends_at = ends_at - interval '1 hour'",
    ),
    "valid without an end": ({VALID}, "UPDATE accounts_validity SET ends_at = NULL"),
    "valid after its return": ({VALID}, "UPDATE accounts_validity SET revoked_at = NULL"),
    "valid for somebody else": (
        {VALID},
        "UPDATE accounts_validity SET member_id = NULL WHERE member_id IS NOT NULL",
    ),
    "valid twice at once": (
        {FOLLOWS},
        """
        INSERT INTO accounts_validity (tenant_id, account_id, activity_id, begins_at, member_id,
            kind, product_line, ends_at, revoked_at)
        SELECT tenant_id, account_id, activity_id, begins_at + interval '1 minute', member_id,
            kind, product_line, ends_at, revoked_at
        FROM accounts_validity
        """,
    ),
    "said to be added up, and never was": (
        {BY_DAY},
        SAID_COUNTED,
    ),
}
