"""Damage to points: wallets, entries and lots, what decided them, and what they bought."""

from tests.loyalty.claims import (
    ADJUSTED,
    AWARDED,
    BEYOND,
    BOOST,
    BUDGET,
    BY_RULE,
    CAMPAIGN,
    CAP,
    CLOSED_ONCE,
    CORRECTS,
    CROSSING,
    DECIDED,
    DIRECTION,
    EXACT,
    EXCLUSIVE,
    GRANTED,
    HELD_OPEN,
    IN_FULL,
    KEPT_EXPIRY,
    KNOWS_NEXT,
    LOT_EARNED,
    LOT_SUM,
    MULTIPLIER,
    ONE_CODE,
    OPEN_LOTS,
    OUTSTANDING,
    RECALLED,
    SET_ASIDE,
    STEPS,
    STOCK,
    TAKEN,
    TAKEN_BACK,
    TOGETHER,
    TRANSFERRED,
    WALLETS,
    WHY,
)
from tests.loyalty.damaged_rows import (
    AWARD,
    DEALERS_WALLET,
    EARNED,
    ENTRY,
    FACT,
    LAST_LOT,
    REDEMPTION,
    RELEASED,
    RESERVED,
    REWARD,
    USE,
    VERSION,
)

TO_POINTS = {
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
}
