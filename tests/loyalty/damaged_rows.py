"""SQL that finds, changes and adds rows of the story in `test_verify_books`."""

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
