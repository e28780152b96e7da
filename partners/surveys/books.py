"""What must be true of surveys, as SQL that finds where it is not; see `accounts.books`."""

from accounts.books import Invariant

SURVEYS = (
    Invariant(
        5,
        "an answer to a survey is one fact of its person’s account, with its score",
        """
        SELECT coalesce(asked.id::text, fact.external_id)
        FROM partners_surveyasked asked
        FULL JOIN (
            SELECT * FROM accounts_activity WHERE source = 'surveys' AND reverses_id IS NULL
        ) fact ON fact.tenant_id = asked.tenant_id AND fact.id = asked.activity_id
        WHERE (asked.answered_at IS NOT NULL OR fact.id IS NOT NULL)
          AND (asked.id IS NULL OR fact.id IS NULL
               OR fact.kind <> 'satisfaction'
               OR fact.account_id <> asked.account_id
               OR fact.member_id IS DISTINCT FROM asked.member_id
               OR fact.occurred_at <> asked.answered_at
               OR (fact.attributes ->> 'score')::numeric <> CASE asked.scale
                      WHEN 'nps' THEN asked.answer ELSE (asked.answer - 1) * 2.5 END)
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "everybody who is asked belongs to the account that they are asked about",
        """
        SELECT asked.id FROM partners_surveyasked asked
        JOIN accounts_member member
          ON member.tenant_id = asked.tenant_id AND member.id = asked.member_id
        WHERE member.account_id <> asked.account_id
        """,
        stops_payouts=False,
    ),
)
