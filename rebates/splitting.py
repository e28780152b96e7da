"""Amounts in parts that add up to them: whole units first, what is left by the largest remainders.

In SQL, for many amounts at once; `rebates.working.split` does the same with one.
"""

# From `payees`, `lines` and `amounts` (see rebates.calculating): each amount among its payees, then
# among their lines.
SPLIT = """
own AS MATERIALIZED (
    SELECT p.n, p.account_id, p.place,
           coalesce(sum(l.sold) FILTER (WHERE l.earns), 0)::bigint AS basis
    FROM payees p LEFT JOIN lines l ON l.n = p.n AND l.payee_id = p.account_id
    GROUP BY p.n, p.account_id, p.place
), weighed AS (
    SELECT o.*, a.amount AS whole, sum(greatest(o.basis, 0)) OVER of_n AS weight,
           row_number() OVER (of_n ORDER BY o.place) AS nth
    FROM own o JOIN amounts a ON a.n = o.n
    WINDOW of_n AS (PARTITION BY o.n)
), parted AS (
    SELECT w.*, CASE WHEN weight > 0 THEN div(whole * greatest(basis, 0)::numeric, weight)
                     WHEN nth = 1 THEN whole ELSE 0 END AS part,
           CASE WHEN weight > 0 THEN mod(whole * greatest(basis, 0)::numeric, weight) ELSE 0 END
               AS rest
    FROM weighed w
), shared AS MATERIALIZED (
    SELECT n, account_id, basis,
           (part + CASE WHEN row_number() OVER (PARTITION BY n ORDER BY rest DESC, place)
                             <= whole - sum(part) OVER (PARTITION BY n)
                        THEN 1 ELSE 0 END)::bigint AS amount
    FROM parted
), weighed_lines AS (
    SELECT l.n, l.payee_id, l.product_line, l.sold, s.amount AS whole,
           sum(greatest(l.sold, 0)) OVER of_payee AS weight,
           row_number() OVER (of_payee ORDER BY l.product_line COLLATE "C") AS nth
    FROM lines l JOIN shared s ON s.n = l.n AND s.account_id = l.payee_id
    WHERE l.earns AND l.sold <> 0
    WINDOW of_payee AS (PARTITION BY l.n, l.payee_id)
), parted_lines AS (
    SELECT w.*, CASE WHEN weight > 0 THEN div(whole * greatest(sold, 0)::numeric, weight)
                     WHEN nth = 1 THEN whole ELSE 0 END AS part,
           CASE WHEN weight > 0 THEN mod(whole * greatest(sold, 0)::numeric, weight) ELSE 0 END
               AS rest
    FROM weighed_lines w
), split_lines AS MATERIALIZED (
    SELECT n, payee_id, jsonb_agg(jsonb_build_array(product_line, sold, amount)
                                  ORDER BY product_line COLLATE "C") AS lines
    FROM (
        SELECT n, payee_id, product_line, sold,
               (part + CASE WHEN row_number() OVER (
                                 PARTITION BY n, payee_id ORDER BY rest DESC, nth)
                                 <= whole - sum(part) OVER (PARTITION BY n, payee_id)
                            THEN 1 ELSE 0 END)::bigint AS amount
        FROM parted_lines
    ) one
    GROUP BY n, payee_id
)
"""
