"""What speaks against a reported sale: it may be in already, or it is unlike the account's others.

Nothing is refused for it: somebody looks. Each suspicion is one set-based look at all rows of a
report, and says what it found, so that a person can judge it without searching.
"""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.tenancy import current_tenant_id

SOURCE = "sales"
NEAR_DAYS = 3
OLD_DAYS = 180
# More than so many times the usual (median) quantity of at least so many earlier sales is unusual.
TIMES, AT_LEAST = 3, 5


def flag(report_id: UUID, *, zone: ZoneInfo) -> None:
    """Note at each open row of the report what speaks against it, in the running transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FLAG,
            {
                "tenant": current_tenant_id(),
                "report": report_id,
                "zone": str(zone),
                "source": SOURCE,
                "near": NEAR_DAYS,
                "old": OLD_DAYS,
                "times": TIMES,
                "least": AT_LEAST,
            },
        )


# `told` are the report's rows, `facts` what the account did outside of reports with their products,
# `earlier` what was reported of the same products and not rejected, by whomever. A row of the same
# report counts as earlier where it stands above.
_FLAG = """
WITH told AS (
    SELECT sale.*, report.reported_at, lower(btrim(sale.customer)) AS buyer
    FROM rebates_reportedsale sale
    JOIN rebates_salesreport report
      ON report.tenant_id = sale.tenant_id AND report.id = sale.report_id
    WHERE sale.tenant_id = %(tenant)s AND sale.report_id = %(report)s AND sale.state = 'open'
), facts AS (
    SELECT fact.id, fact.kind, fact.external_id, fact.product_id, fact.quantity,
           (fact.occurred_at AT TIME ZONE %(zone)s)::date AS day, fact.reverses_id
    FROM accounts_activity fact
    WHERE fact.tenant_id = %(tenant)s AND fact.source <> %(source)s
      AND fact.account_id = (SELECT account_id FROM told LIMIT 1)
), earlier AS (
    SELECT sale.id, sale.account_id, sale.report_id, sale.row, sale.document, sale.product_id,
           sale.quantity, sale.sold_on, sale.state, lower(btrim(sale.customer)) AS buyer
    FROM rebates_reportedsale sale
    WHERE sale.tenant_id = %(tenant)s AND sale.state <> 'rejected'
      AND sale.product_id IN (SELECT product_id FROM told)
), found AS (
    (SELECT DISTINCT ON (told.id) told.id, 1 AS place, jsonb_build_object(
         'code', 'same_document', 'kind', fact.kind, 'day', fact.day) AS flag
     FROM told JOIN facts fact
       ON fact.external_id = told.document AND fact.reverses_id IS NULL
     ORDER BY told.id, fact.day, fact.id)
    UNION ALL
    (SELECT DISTINCT ON (told.id) told.id, 2, jsonb_build_object(
         'code', 'alike_in_facts', 'document', fact.external_id, 'day', fact.day)
     FROM told JOIN facts fact
       ON fact.product_id = told.product_id AND fact.quantity = told.quantity
      AND fact.day BETWEEN told.sold_on - %(near)s AND told.sold_on + %(near)s
      AND fact.external_id <> told.document AND fact.reverses_id IS NULL
     ORDER BY told.id, abs(fact.day - told.sold_on), fact.id)
    UNION ALL
    (SELECT DISTINCT ON (told.id) told.id, 3, jsonb_build_object(
         'code', 'alike_reported', 'document', other.document, 'day', other.sold_on)
     FROM told JOIN earlier other
       ON other.account_id = told.account_id AND other.product_id = told.product_id
      AND other.quantity = told.quantity AND other.sold_on = told.sold_on
      AND other.buyer = told.buyer
      AND (other.report_id <> told.report_id OR other.row < told.row)
     ORDER BY told.id, other.id)
    UNION ALL
    (SELECT DISTINCT ON (told.id) told.id, 4, jsonb_build_object(
         'code', 'reported_by_another', 'account', account.name, 'document', other.document)
     FROM told JOIN earlier other
       ON other.account_id <> told.account_id AND other.product_id = told.product_id
      AND other.quantity = told.quantity AND other.sold_on = told.sold_on
      AND other.buyer = told.buyer AND told.buyer <> ''
     JOIN accounts_account account
       ON account.tenant_id = told.tenant_id AND account.id = other.account_id
     ORDER BY told.id, other.id)
    UNION ALL
    -- the account's own usual quantity of the product, bought or sold, before this report
    (SELECT told.id, 5, jsonb_build_object(
         'code', 'unusual_quantity', 'usual', usual.quantity::text, 'of', usual.of)
     FROM told JOIN (
         SELECT product_id, count(*) AS of,
                percentile_disc(0.5) WITHIN GROUP (ORDER BY quantity) AS quantity
         FROM (SELECT product_id, quantity FROM facts
               WHERE reverses_id IS NULL AND quantity > 0
               UNION ALL
               SELECT product_id, quantity FROM earlier
               WHERE state = 'approved' AND report_id <> %(report)s
                 AND account_id = (SELECT account_id FROM told LIMIT 1)) past
         GROUP BY product_id HAVING count(*) >= %(least)s) usual
       ON usual.product_id = told.product_id AND told.quantity > %(times)s * usual.quantity)
    UNION ALL
    -- all that is reported of the product up to this row against all that was bought of it
    (SELECT told.id, 6, jsonb_build_object(
         'code', 'more_than_bought', 'sold', (coalesce(before.quantity, 0) + told.running)::text,
         'bought', coalesce(bought.quantity, 0)::text)
     FROM (SELECT told.*, sum(quantity) OVER (PARTITION BY product_id ORDER BY row) AS running
           FROM told) told
     LEFT JOIN (SELECT product_id, sum(quantity) AS quantity FROM earlier
                WHERE report_id <> %(report)s
                  AND account_id = (SELECT account_id FROM told LIMIT 1)
                GROUP BY product_id) before USING (product_id)
     LEFT JOIN (SELECT product_id, sum(quantity) AS quantity FROM facts
                WHERE kind IN ('purchase', 'return') GROUP BY product_id) bought
         USING (product_id)
     WHERE coalesce(before.quantity, 0) + told.running > coalesce(bought.quantity, 0))
    UNION ALL
    (SELECT id, 7, jsonb_build_object('code', 'long_ago', 'days', age)
     FROM (SELECT id, (reported_at AT TIME ZONE %(zone)s)::date - sold_on AS age FROM told) told
     WHERE age > %(old)s)
)
UPDATE rebates_reportedsale sale SET flags = flagged.flags
FROM (SELECT id, jsonb_agg(flag ORDER BY place) AS flags FROM found GROUP BY id) flagged
WHERE sale.tenant_id = %(tenant)s AND sale.id = flagged.id
"""
