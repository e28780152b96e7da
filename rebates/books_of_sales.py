"""What must be true of sales that partners reported; part of `rebates.books`."""

from accounts.invariants import Invariant

SALES = (
    Invariant(
        5,
        "what came in as a reported sale is an approved one, as far as it was granted",
        """
        SELECT coalesce(sale.id, fact.id)
        FROM (SELECT sale.*, account.number, product.sku
              FROM rebates_reportedsale sale
              JOIN accounts_account account
                ON account.tenant_id = sale.tenant_id AND account.id = sale.account_id
              JOIN accounts_product product
                ON product.tenant_id = sale.tenant_id AND product.id = sale.product_id
              WHERE sale.state = 'approved') sale
        FULL JOIN (SELECT fact.*, tenant.time_zone FROM accounts_activity fact
                   JOIN accounts_tenant tenant ON tenant.id = fact.tenant_id
                   WHERE fact.source = 'sales' AND fact.reverses_id IS NULL) fact
          ON fact.tenant_id = sale.tenant_id AND fact.id = sale.activity_id
        WHERE (fact.account_id = sale.account_id AND fact.product_id = sale.product_id
               AND fact.external_id = sale.number || '|' || sale.document
               AND fact.line = sale.line AND fact.quantity = sale.granted_quantity
               AND fact.amount = sale.granted_amount
               AND (fact.occurred_at AT TIME ZONE fact.time_zone)::date = sale.sold_on)
              IS NOT TRUE
        """,
    ),
    Invariant(
        5,
        "a report of sales waits as long as one of its sales does",
        """
        SELECT report.id FROM rebates_salesreport report
        WHERE (report.decided_at IS NULL) <> EXISTS (
            SELECT FROM rebates_reportedsale sale
            WHERE sale.tenant_id = report.tenant_id AND sale.report_id = report.id
              AND sale.state = 'open')
        """,
    ),
)
