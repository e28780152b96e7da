"""What must be true of training, as SQL that finds where it is not; see `accounts.books`."""

from accounts.books import Invariant

TRAINING = (
    Invariant(
        5,
        "a certificate is an activity of its holder, once, and returned if it is revoked",
        """
        SELECT coalesce(held.id::text, fact.external_id)
        FROM partners_certificate held
        FULL JOIN (
            SELECT fact.*, EXISTS (
                SELECT FROM accounts_activity back
                WHERE back.tenant_id = fact.tenant_id AND back.reverses_id = fact.id) AS is_back
            FROM accounts_activity fact
            WHERE fact.source = 'system:training' AND fact.kind = 'certificate'
        ) fact ON fact.id = held.activity_id
        WHERE fact.external_id IS DISTINCT FROM held.id::text
           OR fact.account_id IS DISTINCT FROM held.account_id
           OR fact.member_id IS DISTINCT FROM held.member_id
           OR fact.occurred_at IS DISTINCT FROM held.issued_at
           OR fact.attributes ->> 'valid_until' IS DISTINCT FROM held.valid_until::text
           OR fact.is_back <> (held.revoked_at IS NOT NULL)
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "a completed course is an activity of the person, once",
        """
        SELECT coalesce(done.id::text, fact.external_id)
        FROM partners_completion done
        FULL JOIN (
            SELECT * FROM accounts_activity
            WHERE source = 'system:training' AND kind = 'training'
        ) fact ON fact.id = done.activity_id
        WHERE fact.external_id IS DISTINCT FROM done.id::text
           OR fact.account_id IS DISTINCT FROM done.account_id
           OR fact.member_id IS DISTINCT FROM done.member_id
           OR fact.occurred_at IS DISTINCT FROM done.completed_at
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "of the same certificate a person has one that counts, where they work, and no other",
        """
        SELECT held.user_id || ' ' || held.credential_id FROM partners_certificate held
        JOIN accounts_tenant tenant ON tenant.id = held.tenant_id
        LEFT JOIN LATERAL (
            SELECT count(*) AS open FROM accounts_validity stretch
            WHERE stretch.tenant_id = held.tenant_id AND stretch.activity_id = held.activity_id
              AND stretch.begins_at <= now()
              AND stretch.ended_at IS NULL AND stretch.revoked_at IS NULL
              AND (stretch.ends_at IS NULL OR stretch.ends_at > now())
        ) counted ON true
        GROUP BY held.user_id, held.credential_id
        HAVING sum(counted.open) <> sum((
            NOT held.is_renewed AND held.revoked_at IS NULL AND held.issued_at <= now()
            AND (held.valid_until IS NULL
                 OR held.valid_until >= (now() AT TIME ZONE tenant.time_zone)::date)
            AND EXISTS (SELECT FROM accounts_member person
                        WHERE person.tenant_id = held.tenant_id
                          AND person.user_id = held.user_id AND person.is_active))::int)
            OR sum(counted.open) > 1
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "a certificate renews one of the same person, which does not count any more",
        """
        SELECT held.id FROM partners_certificate held
        LEFT JOIN partners_certificate next
               ON next.tenant_id = held.tenant_id AND next.renews_id = held.id
        WHERE held.is_renewed <> (next.id IS NOT NULL)
           OR next.user_id <> held.user_id OR next.credential_id <> held.credential_id
           OR EXISTS (SELECT FROM accounts_validity stretch
                      WHERE held.is_renewed AND stretch.tenant_id = held.tenant_id
                        AND stretch.activity_id = held.activity_id AND stretch.ended_at IS NULL
                        AND stretch.revoked_at IS NULL)
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "who passed a quiz here has completed the course, and nobody else by a quiz",
        """
        SELECT coalesce(attempt.id::text, done.external_id)
        FROM (SELECT * FROM partners_courseattempt WHERE passed) attempt
        FULL JOIN (SELECT * FROM partners_completion WHERE source = 'quiz') done
          ON done.external_id = attempt.id::text
        WHERE attempt.user_id IS DISTINCT FROM done.user_id
           OR attempt.course_id IS DISTINCT FROM done.course_id
           OR attempt.percent IS DISTINCT FROM done.score
        """,
        stops_payouts=False,
    ),
    Invariant(
        5,
        "a certificate's last event tells whether it was revoked, and its end is told on its day",
        """
        SELECT held.id FROM partners_certificate held
        LEFT JOIN LATERAL (
            SELECT bool_or(event.kind = 'certificate.revoked') AS is_revoked,
                   count(*) FILTER (WHERE event.kind = 'certificate.earned') AS earned
            FROM accounts_event event
            WHERE event.tenant_id = held.tenant_id AND event.subject = 'certificate:' || held.id
        ) said ON true
        LEFT JOIN (
            -- up to the day on which the clock was looked at last, and its work was done
            SELECT max((run.started_at AT TIME ZONE tenant.time_zone)::date) AS reached
            FROM accounts_jobrun run JOIN accounts_tenant tenant ON tenant.id = run.tenant_id
            WHERE run.job = 'advance_training' AND run.state = 'done'
        ) clock ON true
        WHERE said.earned <> 1
           OR coalesce(said.is_revoked, false) <> (held.revoked_at IS NOT NULL)
           OR held.valid_until < clock.reached AND held.expired_at IS NULL
              AND held.revoked_at IS NULL AND NOT held.is_renewed
        """,
        stops_payouts=False,
    ),
)
