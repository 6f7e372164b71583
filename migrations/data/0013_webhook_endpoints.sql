-- Who is told what happens, what they are told, and how that went.

CREATE TABLE webhook_endpoints (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    url             TEXT NOT NULL,
    description     TEXT,
    -- Kinds of notices, separated by spaces; empty: all of them.
    kinds           TEXT NOT NULL,
    state           TEXT NOT NULL,
    -- Why it is disabled.
    state_reason    TEXT,
    -- Sealed by the vault; empty once it is revoked.
    sealed_secret   TEXT NOT NULL,
    -- The secret before the last rotation, which signs beside it until then.
    sealed_previous TEXT,
    previous_until  BIGINT,
    -- Since when nothing got through; NULL after a delivery that did.
    failing_since   BIGINT,
    -- The receiver asked to be left alone until then.
    not_before      BIGINT,
    -- Who delivers to it at the moment, and for how long nobody else may.
    leased_by       TEXT,
    leased_until    BIGINT,
    created_by      TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);
CREATE INDEX webhook_endpoints_organization ON webhook_endpoints (organization_id, state);

-- Written in the transaction of what they tell, for organizations that have an endpoint.
CREATE TABLE notices (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    kind            TEXT NOT NULL,
    data            TEXT NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX notices_organization ON notices (organization_id, created_at);
CREATE INDEX notices_age ON notices (created_at);

CREATE TABLE webhook_deliveries (
    endpoint_id     TEXT NOT NULL REFERENCES webhook_endpoints (id),
    notice_id       TEXT NOT NULL REFERENCES notices (id),
    -- Of the notice: what lists and first attempts are ordered by.
    noticed_at      BIGINT NOT NULL,
    state           TEXT NOT NULL,
    -- Since it was last asked for.
    attempts        BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    delivered_at    BIGINT,
    PRIMARY KEY (endpoint_id, notice_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (state, next_attempt_at);
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (endpoint_id, noticed_at, notice_id);
CREATE INDEX webhook_deliveries_notice ON webhook_deliveries (notice_id);

CREATE TABLE webhook_attempts (
    endpoint_id     TEXT NOT NULL,
    notice_id       TEXT NOT NULL,
    number          BIGINT NOT NULL,
    attempted_at    BIGINT NOT NULL,
    took_ms         BIGINT NOT NULL,
    http_status     BIGINT,
    error           TEXT,
    PRIMARY KEY (endpoint_id, notice_id, number)
);
CREATE INDEX webhook_attempts_notice ON webhook_attempts (notice_id);
