"""The one order in which wallets are locked: by holder, program and unit, as earnings open them."""

IN_ORDER = 'ORDER BY account_id, program_id, unit COLLATE "C", member_id'
