"""Damage to rows of the story in `test_verify_books`: (the claims that fail, what did it)."""

from tests.loyalty.claims import (
    ADJUSTED,
    AWARDED,
    BELOW_ZERO,
    BEYOND,
    BOOST,
    BUDGET,
    BY_DAY,
    BY_RULE,
    BYTES,
    CAME_BACK,
    CAMPAIGN,
    CAP,
    CLOSED_ONCE,
    CORRECTS,
    CREDITS,
    CROSSING,
    DECIDED,
    DIRECTION,
    EXACT,
    EXCLUSIVE,
    FIRST,
    FOLLOWS,
    GRANTED,
    HELD_OPEN,
    IN_FULL,
    KEPT_EXPIRY,
    KNOWN,
    KNOWS_NEXT,
    LEADS,
    LOT_EARNED,
    LOT_SUM,
    MEASURES,
    MULTIPLIER,
    NUMBERS,
    ONE_CODE,
    OPEN_LOTS,
    OUTSTANDING,
    OWN_LADDER,
    PEOPLE,
    POINTS,
    RECALLED,
    RETURNS,
    SENT_OUT,
    SET_ASIDE,
    STANDS,
    STEPS,
    STOCK,
    TAKEN,
    TAKEN_BACK,
    TIER_SAYS,
    TOGETHER,
    TRANSFERRED,
    VALID,
    WALLETS,
    WHY,
)

_TABLES = (
    "accounts_activity",
    "accounts_enrollment",
    "accounts_event",
    "accounts_jobrun",
    "accounts_attributemeasure",
    "accounts_measure",
    "accounts_personmeasure",
    "accounts_returned",
    "accounts_validity",
    "accounts_webhookdelivery",
    "rewards_boost",
    "rewards_budget",
    "rewards_budgetuse",
    "rewards_campaign",
    "rewards_capuse",
    "rewards_earningrule",
    "rewards_entry",
    "rewards_grantnote",
    "rewards_lot",
    "rewards_lotuse",
    "rewards_ruleversion",
    "rewards_adjustment",
    "rewards_transfer",
    "rewards_wallet",
    "tiers_standing",
    "tiers_tier",
)
WITHOUT_TRIGGERS = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in _TABLES]
WITH_TRIGGERS = [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in _TABLES]

# Finding the rows of the story.
FACT = "(SELECT id FROM accounts_activity WHERE external_id = '{}')"
EARNED = (
    "kind = 'earn' AND activity_id = (SELECT id FROM accounts_activity WHERE external_id = '{}') "
    "AND rule_version_id IN (SELECT v.id FROM rewards_ruleversion v "
    "JOIN rewards_earningrule r ON r.id = v.rule_id WHERE r.code = '{}')"
)
VERSION = (
    "(SELECT v.id FROM rewards_ruleversion v "
    "JOIN rewards_earningrule r ON r.id = v.rule_id WHERE r.code = '{}')"
)
LAST_LOT = "entry_id = (SELECT id FROM rewards_entry WHERE " + EARNED + ")"
DEALERS_WALLET = (
    "(SELECT w.id FROM rewards_wallet w JOIN accounts_account a ON a.id = w.account_id "
    "WHERE a.number = 'D1' AND w.unit = 'points' AND w.member_id IS NULL)"
)

# Another value in the evidence of a tier that was reached.
READ = (
    "UPDATE tiers_standing SET evidence = jsonb_set(evidence, "
    "'{{values,revenue|quarter,value}}', '{}') WHERE cause = 'reached'"
)
SAID_COUNTED = (
    "INSERT INTO accounts_tallymark (tenant_id, id, upto) "
    "SELECT id, gen_random_uuid(), 'ffffffff-ffff-ffff-ffff-ffffffffffff' FROM accounts_tenant"
)
OTHER_LADDER = (
    "INSERT INTO tiers_scheme (tenant_id, id, program_id, code, name, is_leading) "
    "SELECT tenant_id, gen_random_uuid(), id, 'other', 'Other', false FROM accounts_program"
)

# An entry of `kind` with (available, pending, reserved) in the dealer's wallet, for `cause`.
ENTRY = (
    "INSERT INTO rewards_entry (tenant_id, id, wallet_id, kind, available, pending, reserved, "
    "occurred_at, recorded_at, actor, cause) SELECT tenant_id, '{id}', id, '{kind}', {moved}, "
    "now(), now(), 'system', {cause} FROM rewards_wallet WHERE id = " + DEALERS_WALLET
)
USE = (
    "INSERT INTO rewards_lotuse (tenant_id, lot_id, entry_id, amount) "
    "SELECT tenant_id, entry_id, '{id}', {amount} FROM rewards_lot WHERE "
    + LAST_LOT.format("P6", "purchases")
)
RESERVED, RELEASED = (
    "00000000-0000-7000-8000-000000000001",
    "00000000-0000-7000-8000-000000000002",
)

REWARD = """
INSERT INTO rewards_reward
    (tenant_id, id, program_id, code, name, description, type, details, points, paid_by, taken,
     limit_period, from_tier, segments, business_roles, admins_only, needs_approval, state,
     created_at, created_by)
SELECT tenant_id, 'cccccccc-0000-4000-8000-000000000001', id, 'x', 'x', '', '{type}', '{{}}', 1,
       'account', {taken}, 'ever', '', '{{}}', '[]', false, true, 'draft', now(), 'x'
FROM accounts_program LIMIT 1
"""
REDEMPTION = f"""
INSERT INTO rewards_redemption
    (tenant_id, id, reward_id, account_id, wallet_id, points, answers, state, needs_approval,
     holds_stock, request_key, requested_at, requested_by, decided_at, decided_by, closed_by, note)
SELECT tenant_id, gen_random_uuid(), 'cccccccc-0000-4000-8000-000000000001', account_id, id, 5,
       '{{{{}}}}', '{{state}}', true, {{holds}}, 'k', now(), 'key:x', {{at}}, '{{by}}', '', ''
FROM rewards_wallet WHERE id = {DEALERS_WALLET}
"""

AWARD = f"""
INSERT INTO rewards_award
    (tenant_id, id, program_id, account_id, unit, amount, reason, given_at, given_by)
SELECT tenant_id, gen_random_uuid(), program_id, account_id, unit, 5, 'x', now(), 'x'
FROM rewards_wallet WHERE id = {DEALERS_WALLET}
"""

DAMAGE = {
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
    "reference across": (
        {CROSSING, MULTIPLIER},
        (
            "UPDATE rewards_entry SET tier_id = (SELECT t.id FROM tiers_tier t "
            "JOIN accounts_tenant n ON n.id = t.tenant_id "
            "WHERE n.slug = 'rival' AND t.name = 'Silver') "
            "WHERE tier_id IS NOT NULL "
            "AND tenant_id = (SELECT id FROM accounts_tenant WHERE slug = 'acme')"
        ),
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
    "wallet": (
        {WALLETS, OPEN_LOTS, OUTSTANDING},
        f"UPDATE rewards_wallet SET available = available + 1 WHERE id = {DEALERS_WALLET}",
    ),
    "wallet's reserve": (
        {WALLETS, OUTSTANDING, HELD_OPEN},
        f"UPDATE rewards_wallet SET reserved = 1 WHERE id = {DEALERS_WALLET}",
    ),
    "wallet's kinds confused": (
        {WALLETS, OPEN_LOTS},
        (
            "UPDATE rewards_wallet SET available = available - 1, pending = pending + 1 "
            f"WHERE id = {DEALERS_WALLET}"
        ),
    ),
    "lot made larger": (
        {OPEN_LOTS, LOT_EARNED},
        (
            "UPDATE rewards_lot SET amount = amount + 1, remaining = remaining + 1 "
            f"WHERE {LAST_LOT.format('P6', 'purchases')}"
        ),
    ),
    "lot emptied": (
        {OPEN_LOTS, LOT_SUM},
        f"UPDATE rewards_lot SET remaining = 0 WHERE {LAST_LOT.format('P6', 'purchases')}",
    ),
    "lot back to pending": (
        {OPEN_LOTS, LOT_EARNED, BEYOND},
        (
            "UPDATE rewards_lot SET state = 'pending', activates_at = earned_at "
            f"WHERE {LAST_LOT.format('P5', 'purchases')}"
        ),
    ),
    "lot use": (
        {LOT_SUM, TAKEN},
        (
            "UPDATE rewards_lotuse SET amount = amount + 1 WHERE entry_id IN "
            "(SELECT id FROM rewards_entry WHERE kind = 'spend')"
        ),
    ),
    "lot use of another wallet's lot": (
        {TAKEN, LOT_SUM},
        (
            f"UPDATE rewards_lotuse SET lot_id = {LAST_LOT.format('P5', 'purchases')[11:]} "
            "WHERE ctid = (SELECT u.ctid FROM rewards_lotuse u JOIN rewards_entry e "
            "ON e.id = u.entry_id WHERE e.kind = 'spend' "
            f"AND e.wallet_id <> {DEALERS_WALLET} LIMIT 1)"
        ),
    ),
    "reward's stock": ({STOCK}, REWARD.format(type="credit_note", taken=1)),
    "redemption without points": (
        {HELD_OPEN, STEPS},
        REWARD.format(type="credit_note", taken=0),
        REDEMPTION.format(state="requested", holds="false", at="NULL", by=""),
    ),
    "approved by nobody": (
        {STEPS, DECIDED},
        REWARD.format(type="credit_note", taken=0),
        REDEMPTION.format(state="approved", holds="false", at="now()", by="system"),
    ),
    "gift card without a code": (
        {HELD_OPEN, STEPS, ONE_CODE},
        REWARD.format(type="gift_card", taken=1),
        REDEMPTION.format(state="requested", holds="true", at="NULL", by=""),
    ),
    "given back twice": (
        {SET_ASIDE, WHY},
        ENTRY.format(id=RESERVED, kind="reserve", moved="-5, 0, 5", cause="gen_random_uuid()"),
        ENTRY.format(id=RELEASED, kind="release", moved="5, 0, -5", cause="gen_random_uuid()"),
        USE.format(id=RESERVED, amount=5),
        USE.format(id=RELEASED, amount=-5),
    ),
    "expired and still open": (
        {BEYOND},
        (
            'UPDATE accounts_jobrun SET outcome = outcome || \'{"reached": '
            "\"2027-06-01T00:00:00+00:00\"}' WHERE job = 'clock'"
        ),
    ),
    "nobody's entry": ({WHY}, "UPDATE rewards_entry SET actor = '' WHERE kind = 'spend'"),
    "earning for no reason": (
        {WHY},
        (
            "UPDATE rewards_entry SET cause = gen_random_uuid() "
            f"WHERE {EARNED.format('P5', 'purchases')}"
        ),
    ),
    "expiry of no lot": (
        {WHY, TAKEN, CLOSED_ONCE, ADJUSTED},
        "UPDATE rewards_entry SET cause = gen_random_uuid() WHERE kind = 'expire'",
    ),
    "wallet that has passed what it did not expire": (
        {OPEN_LOTS, CLOSED_ONCE},
        f"UPDATE rewards_wallet SET expired_upto = '2027-06-01' WHERE id = {DEALERS_WALLET}",
    ),
    "wallet that forgot what it expired": (
        {OPEN_LOTS, CLOSED_ONCE, BEYOND, KNOWS_NEXT},
        f"UPDATE rewards_wallet SET expired_upto = '1970-01-01' WHERE id = {DEALERS_WALLET}",
    ),
    "wallet that does not look for what expires": (
        {KNOWS_NEXT},
        f"UPDATE rewards_wallet SET expires_next = NULL WHERE id = {DEALERS_WALLET}",
    ),
    "wallet that looks too late": (
        {KNOWS_NEXT},
        (
            "UPDATE rewards_wallet SET expires_next = expires_next + interval '1 day' "
            f"WHERE id = {DEALERS_WALLET}"
        ),
    ),
    "closed lot that holds more": (
        {LOT_SUM, TAKEN},
        (
            "UPDATE rewards_lot SET remaining = remaining + 1 WHERE remaining > 0 "
            "AND remaining < amount AND expires_at <= (SELECT expired_upto FROM rewards_wallet "
            "WHERE id = wallet_id)"
        ),
    ),
    "event that was never sent": ({SENT_OUT}, "DELETE FROM accounts_webhookdelivery"),
    "activation out of nothing": (
        {DIRECTION, OPEN_LOTS, OUTSTANDING},
        ENTRY.format(
            id=RESERVED,
            kind="activate",
            moved="5, 0, 0",
            cause=LAST_LOT.format("P6", "purchases")[11:],
        ),
        f"UPDATE rewards_wallet SET available = available + 5 WHERE id = {DEALERS_WALLET}",
    ),
    "unpublished rule": (
        {BY_RULE},
        f"UPDATE rewards_ruleversion SET published_at = NULL WHERE id IN {VERSION.format('boxes')}",
    ),
    "rule not valid then": (
        {BY_RULE},
        (
            "UPDATE rewards_ruleversion SET valid_to = '2026-02-03 14:00+00' "
            f"WHERE id IN {VERSION.format('boxes')}"
        ),
    ),
    "rule for another kind": (
        {BY_RULE},
        (
            "UPDATE rewards_ruleversion SET kind = 'purchase' "
            f"WHERE id IN {VERSION.format('learning')}"
        ),
    ),
    "rules that exclude each other": (
        {EXCLUSIVE},
        "UPDATE rewards_earningrule SET exclusive_group = 'w' WHERE code = 'boxes'",
    ),
    "tier of another multiplier": (
        {MULTIPLIER, TIER_SAYS},
        "UPDATE tiers_tier SET multiplier = 1.6 WHERE name = 'Gold'",
    ),
    "earned at another tier": (
        {MULTIPLIER, EXACT},
        f"UPDATE rewards_entry SET multiplier = 2 WHERE {EARNED.format('P6', 'purchases')}",
    ),
    "wish rounded up": (
        {EXACT, GRANTED},
        f"UPDATE rewards_entry SET desired = desired + 1 WHERE {EARNED.format('P6', 'purchases')}",
    ),
    "cap never reached": (
        {GRANTED},
        f"UPDATE rewards_ruleversion SET cap = 100000 WHERE id IN {VERSION.format('welcome')}",
    ),
    "cap exceeded": (
        {CAP},
        f"UPDATE rewards_ruleversion SET cap = 200 WHERE id IN {VERSION.format('welcome')}",
    ),
    "cap use": ({CAP}, "UPDATE rewards_capuse SET used = used + 1"),
    "reversal of what was never earned": (
        {TAKEN_BACK, IN_FULL},
        (
            f"UPDATE rewards_entry SET rule_version_id = {VERSION.format('learning')} "
            f"WHERE kind = 'reverse' AND activity_id = {FACT.format('R2')} "
            f"AND rule_version_id = {VERSION.format('purchases')}"
        ),
    ),
    "full return that kept something": (
        {IN_FULL, MEASURES, CAME_BACK},
        f"UPDATE accounts_activity SET quantity = -10 WHERE id = {FACT.format('R1')}",
    ),
    "member's rule for the account": (
        {BY_RULE},
        (
            "UPDATE rewards_ruleversion SET beneficiary = 'member' "
            f"WHERE id IN {VERSION.format('boxes')}"
        ),
    ),
    "budget use": ({BUDGET}, "UPDATE rewards_budgetuse SET used = used - 1 WHERE used > 0"),
    "budget used in another month": (
        {BUDGET},
        "UPDATE rewards_budgetuse SET period = '2026-08-01' WHERE period = '2026-07-01'",
    ),
    "budget that renews less often": (
        {BUDGET},
        "UPDATE rewards_budget SET renews = 'fiscal_year' WHERE renews = 'month'",
    ),
    "budget that was not used up": (
        {BUDGET},
        "UPDATE rewards_budget SET amount = amount + 1",
    ),
    "grant lowered for no reason": (
        {GRANTED},
        "UPDATE rewards_grantnote SET less_because = '' WHERE less_because = 'budget'",
    ),
    "campaign for another kind": (
        {CAMPAIGN},
        "UPDATE rewards_campaign SET kind = 'purchase' WHERE code = 'double'",
    ),
    "campaign that says another rate": (
        {CAMPAIGN},
        "UPDATE rewards_campaign SET multiplier = 3 WHERE code = 'double'",
    ),
    "campaign over before": (
        {CAMPAIGN},
        "UPDATE rewards_campaign SET ends_at = '2026-07-04 12:00+00' WHERE code = 'double'",
    ),
    "raise without a boost": (
        {CAMPAIGN},
        "UPDATE rewards_boost SET ends_at = starts_at + interval '1 minute'",
    ),
    "campaigns that add up to something else": (
        {TOGETHER, EXACT},
        "UPDATE rewards_grantnote SET bonus = bonus + 1",
    ),
    "boost for too little": ({BOOST}, "UPDATE rewards_boost SET reached = 1"),
    "award that moved nothing": ({AWARDED}, AWARD),
    "more taken back than was awarded": (
        {AWARDED, RECALLED},
        AWARD,
        """INSERT INTO rewards_recall
               (tenant_id, id, award_id, amount, taken, reason, recalled_at, recalled_by)
           SELECT tenant_id, gen_random_uuid(), id, 6, 0, 'x', now(), 'x' FROM rewards_award""",
    ),
    "adjusted by more than was asked for": (
        {ADJUSTED},
        "UPDATE rewards_adjustment SET amount = amount + 1 WHERE action = 'credit'",
    ),
    "adjusted though it was rejected": (
        {ADJUSTED},
        "UPDATE rewards_adjustment SET state = 'rejected' WHERE action = 'debit'",
    ),
    "reinstated for nobody": (
        {ADJUSTED},
        ("UPDATE rewards_adjustment SET state = 'discarded' WHERE action = 'reinstate'"),
    ),
    "adjusted at another account": (
        {ADJUSTED},
        (
            "UPDATE rewards_adjustment SET account_id = (SELECT id FROM accounts_account "
            "WHERE number = 'D2') WHERE action = 'credit'"
        ),
    ),
    "transferred more than came": (
        {TRANSFERRED},
        "UPDATE rewards_transfer SET amount = amount + 1",
    ),
    "transferred with another expiry": (
        {KEPT_EXPIRY},
        (
            "UPDATE rewards_lot SET earned_at = earned_at - interval '1 day' "
            "WHERE entry_id IN (SELECT id FROM rewards_entry WHERE kind = 'transfer')"
        ),
    ),
    "corrects another quarter": (
        {CORRECTS},
        "UPDATE rewards_entry SET corrects = '2026-01-01' WHERE corrects IS NOT NULL",
    ),
    "rewrites a closed quarter": (
        {CORRECTS},
        ("UPDATE rewards_entry SET occurred_at = '2026-05-05 16:00+00' WHERE corrects IS NOT NULL"),
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
