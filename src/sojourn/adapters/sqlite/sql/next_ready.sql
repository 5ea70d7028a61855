SELECT min(claimable_at)
FROM (
    SELECT min(ready_at) AS claimable_at
    FROM people_intent
    WHERE state = 'ready'
    UNION ALL
    SELECT min(settled_at) + :resend_after
    FROM people_intent
    WHERE state = 'unknown' AND kind = 'transactional' AND reason <> :resent
)
