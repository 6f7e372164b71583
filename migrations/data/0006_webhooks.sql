-- What platforms and other senders told us: stored before it is answered, each once.
CREATE TABLE webhook_events (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    -- `twitter`, `linkedin`, `meta`, `generic`, or `signal` for a campaign's.
    source          TEXT NOT NULL,
    -- Empty for what a platform says to its app, which may concern several.
    organization_id TEXT NOT NULL,
    -- The sender's name for the event, else the hash of its body.
    event_id        TEXT NOT NULL,
    campaign        TEXT,
    -- The signal's name.
    name            TEXT,
    body            TEXT NOT NULL,
    received_at     BIGINT NOT NULL,
    -- NULL while its effects are to come.
    handled_at      BIGINT,
    outcome         TEXT,
    UNIQUE (source, organization_id, event_id)
);
CREATE INDEX webhook_events_waiting ON webhook_events (handled_at, id);
