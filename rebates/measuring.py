"""What an account sold in a span of months, by product line, read from roll-ups alone."""
# ruff: noqa: S608 (only texts of this module go into these statements)


def _value(row: str, sign: str) -> str:
    """The measure of a row of a roll-up, in its smallest unit."""
    return f"""{sign}CASE t.measure WHEN 'value' THEN {row}.amount
        WHEN 'quantity' THEN ({row}.quantity * 10000)::bigint ELSE {row}.points END"""


# Rows (product_line, sold, before_returns) of the account `x.account_id`, under the terms `t`, in
# the months [{since}, {until}). A measure has lost in a month what came back in it: that is added
# again, and taken off where it was bought.
_SOLD = f"""
    SELECT m.product_line, {_value("m", "")} AS sold, {_value("m", "")} AS before_returns
    FROM accounts_measure m
    WHERE m.tenant_id = %(tenant)s AND m.account_id = x.account_id
      AND m.month >= {{since}} AND m.month < {{until}}
      AND m.kind = ANY (t.kinds) AND (t.lines = '{{{{}}}}' OR m.product_line = ANY (t.lines))
    UNION ALL
    SELECT b.product_line, CASE WHEN t.returns = 'in_their_month' THEN 0 ELSE b.back END, b.back
    FROM (SELECT r.product_line, r.kind,
                 CASE t.measure WHEN 'value' THEN r.amount
                      WHEN 'quantity' THEN (r.quantity * 10000)::bigint ELSE 0 END AS back
          FROM accounts_returned r
          WHERE r.tenant_id = %(tenant)s AND r.account_id = x.account_id
            AND r.returned >= {{since}} AND r.returned < {{until}}) b
    WHERE b.kind = ANY (t.kinds) AND (t.lines = '{{{{}}}}' OR b.product_line = ANY (t.lines))
    UNION ALL
    SELECT r.product_line,
           -CASE t.measure WHEN 'value' THEN r.amount
                 WHEN 'quantity' THEN (r.quantity * 10000)::bigint ELSE 0 END, 0
    FROM accounts_returned r
    WHERE t.returns = 'with_the_original'
      AND r.tenant_id = %(tenant)s AND r.account_id = x.account_id
      AND r.month >= {{since}} AND r.month < {{until}}
      AND r.kind = ANY (t.kinds) AND (t.lines = '{{{{}}}}' OR r.product_line = ANY (t.lines))
    UNION ALL
    SELECT a.product_line, -round(sum(a.total) * %(minor)s)::bigint,
           -round(sum(a.total) * %(minor)s)::bigint
    FROM accounts_attributemeasure a
    WHERE t.net_of <> '{{{{}}}}'
      AND a.tenant_id = %(tenant)s AND a.account_id = x.account_id
      AND a.month >= {{since}} AND a.month < {{until}} AND a.attribute = ANY (t.net_of)
      AND a.kind = ANY (t.kinds) AND (t.lines = '{{{{}}}}' OR a.product_line = ANY (t.lines))
    GROUP BY a.product_line
"""


def sold(*, since: str, until: str) -> str:
    """The query for what an account sold; see _SOLD."""
    return _SOLD.format(since=since, until=until)
