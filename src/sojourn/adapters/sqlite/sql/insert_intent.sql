INSERT INTO people_intent (
    id, workspace_id, person, automation, channel, purpose, kind, template, cause, address, state, reason, detail,
    decided_at, ready_at, expires_at, epoch, attempts, handed_at, settled_at, queue_id, body
)
VALUES (
    :id, :workspace, :person, :automation, :channel, :purpose, :kind, :template, :cause, :address, :state, '', '',
    :decided_at, :ready_at, :expires_at, 0, 0, NULL, NULL, '', :body
)
ON CONFLICT (id) DO NOTHING
