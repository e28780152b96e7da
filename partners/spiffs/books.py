"""What must be true of SPIFFs, as SQL that finds where it is not; see `accounts.books`."""

from accounts.books import Invariant

_LIVE = "claim.state IN ('open', 'approved')"

SPIFFS = (
    Invariant(
        5,
        "an approved claim is one award of its holder, less what was returned",
        """
        SELECT claim.id FROM partners_spiffclaim claim
        JOIN partners_spiff spiff ON spiff.tenant_id = claim.tenant_id AND spiff.id = claim.spiff_id
        JOIN partners_spiffversion version
          ON version.tenant_id = claim.tenant_id AND version.id = claim.version_id
        LEFT JOIN rewards_award award
               ON award.tenant_id = claim.tenant_id AND award.id = claim.id
        LEFT JOIN (SELECT award_id, sum(amount) AS amount FROM rewards_recall GROUP BY award_id)
               back ON back.award_id = claim.id
        WHERE (award.id IS NOT NULL) <> (claim.state = 'approved')
           OR claim.award_id IS DISTINCT FROM award.id
           OR award.id IS NOT NULL AND (
              (award.amount, award.unit, award.account_id, award.program_id)
              <> (claim.granted, spiff.unit, claim.account_id, spiff.program_id)
              OR award.member_id IS DISTINCT FROM
                 CASE version.beneficiary WHEN 'member' THEN claim.member_id END)
           OR coalesce(back.amount, 0) <> claim.recalled
           OR claim.recalled
              <> claim.granted - claim.granted * (claim.quantity - claim.returned) / claim.quantity
        """,
    ),
    Invariant(
        7,
        "a SPIFF's claims come to what it says, and to no more than its budget",
        f"""
        SELECT spiff.id FROM partners_spiff spiff
        LEFT JOIN (
            SELECT claim.spiff_id, sum(claim.granted - claim.recalled) AS amount
            FROM partners_spiffclaim claim WHERE {_LIVE} GROUP BY claim.spiff_id
        ) claims ON claims.spiff_id = spiff.id
        LEFT JOIN LATERAL (
            SELECT budget FROM partners_spiffversion version
            WHERE version.tenant_id = spiff.tenant_id AND version.spiff_id = spiff.id
              AND version.published_at IS NOT NULL ORDER BY number DESC LIMIT 1
        ) newest ON true
        WHERE spiff.claimed <> coalesce(claims.amount, 0) OR spiff.claimed > newest.budget
        """,  # noqa: S608 - only our own queries go into this text
    ),
    Invariant(
        7,
        "nobody has claimed more of a SPIFF in a year than one person can",
        f"""
        SELECT min(claim.id::text) FROM partners_spiffclaim claim
        JOIN accounts_member member
          ON member.tenant_id = claim.tenant_id AND member.id = claim.member_id
        JOIN partners_spiffversion version
          ON version.tenant_id = claim.tenant_id AND version.id = claim.version_id
        WHERE {_LIVE}
        GROUP BY claim.spiff_id, member.user_id, extract(year FROM claim.sold_on)
        HAVING sum(claim.granted - claim.recalled) > max(version.cap_person)
           AND count(*) = count(version.cap_person)
        """,  # noqa: S608
    ),
    Invariant(
        5,
        "every claim is for a sale within the terms of its day, of a product that counts",
        """
        SELECT claim.id FROM partners_spiffclaim claim
        JOIN partners_spiffversion version
          ON version.tenant_id = claim.tenant_id AND version.id = claim.version_id
        JOIN partners_spiff spiff ON spiff.tenant_id = claim.tenant_id AND spiff.id = claim.spiff_id
        JOIN accounts_product product
          ON product.tenant_id = claim.tenant_id AND product.id = claim.product_id
        JOIN accounts_tenant tenant ON tenant.id = claim.tenant_id
        WHERE version.spiff_id <> spiff.id OR version.published_at IS NULL
           OR claim.sold_on NOT BETWEEN version.starts_on AND version.ends_on
           OR claim.sold_on < version.valid_from
           OR (claim.claimed_at AT TIME ZONE tenant.time_zone)::date
              NOT BETWEEN claim.sold_on AND claim.sold_on + version.claim_days
           OR claim.wanted <> claim.quantity * coalesce(
                (SELECT (item ->> 'amount')::bigint FROM jsonb_array_elements(version.items) item
                 WHERE item ->> 'product' = product.id::text LIMIT 1),
                (SELECT (item ->> 'amount')::bigint FROM jsonb_array_elements(version.items) item
                 WHERE item ->> 'line' = product.line LIMIT 1), 0)
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "nobody decided on a claim of their own account",
        """
        SELECT claim.id FROM partners_spiffclaim claim
        JOIN accounts_staff staff
          ON staff.tenant_id = claim.tenant_id AND 'staff:' || staff.id = claim.decided_by
        JOIN accounts_member member
          ON member.tenant_id = claim.tenant_id AND member.user_id = staff.user_id
         AND member.created_at <= claim.decided_at
        WHERE member.account_id = claim.account_id
           OR 'member:' || member.id = claim.claimed_by
        """,
    ),
)
