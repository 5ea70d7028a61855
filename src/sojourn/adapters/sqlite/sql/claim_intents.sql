-- Ready ones at their time; a transactional one of unknown fate once more after a while (terms/messages.py: RESEND_AFTER, RESENT); bulk mail of unknown fate never.
UPDATE people_intent
SET
    reason = CASE WHEN state = 'unknown' THEN :resent ELSE reason END,
    state = 'claimed',
    epoch = :epoch
WHERE id IN (
    SELECT id
    FROM (
        SELECT id, ready_at AS claimable_at
        FROM people_intent
        WHERE state = 'ready' AND ready_at <= :now
        UNION ALL
        SELECT id, settled_at + :resend_after AS claimable_at
        FROM people_intent
        WHERE state = 'unknown' AND kind = 'transactional' AND reason <> :resent AND settled_at + :resend_after <= :now
    )
    ORDER BY claimable_at, id
    LIMIT :limit
)
RETURNING id
