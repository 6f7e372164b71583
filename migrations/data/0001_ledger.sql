-- The ledger. Instants are unix milliseconds in columns named `…_at`; JSON and sealed blobs are text, so
-- that both databases read them alike. `INTEGER PRIMARY KEY AUTOINCREMENT` is rewritten for PostgreSQL.

CREATE TABLE installation (
    id              BIGINT PRIMARY KEY CHECK (id = 1),
    -- `embedded`, or `cluster <address> <namespace>`: where the workflows run. NULL until first claimed.
    home            TEXT,
    -- A value sealed under the vault's key: a wrong key can't open it.
    vault_check     TEXT,
    vault_key_id    TEXT,
    created_at      BIGINT NOT NULL
);

CREATE TABLE organizations (
    id              TEXT PRIMARY KEY,
    timezone        TEXT,
    created_at      BIGINT NOT NULL
);

CREATE TABLE api_tokens (
    token_hash      TEXT PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    -- NULL for an operator's token.
    organization_id TEXT REFERENCES organizations (id),
    role            TEXT NOT NULL,
    name            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    revoked_at      BIGINT
);

CREATE TABLE accounts (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    platform        TEXT NOT NULL,
    handle          TEXT NOT NULL,
    -- The platform's own id; NULL while a campaign names the account but nobody has connected it.
    subject         TEXT,
    display_name    TEXT,
    avatar_url      TEXT,
    status          TEXT NOT NULL,
    status_reason   TEXT,
    scopes          TEXT NOT NULL DEFAULT '',
    created_at      BIGINT NOT NULL,
    connected_at    BIGINT,
    UNIQUE (organization_id, platform, handle),
    UNIQUE (organization_id, platform, subject)
);

CREATE TABLE credentials (
    account_id        TEXT PRIMARY KEY REFERENCES accounts (id),
    sealed            TEXT NOT NULL,
    key_id            TEXT NOT NULL,
    token_version     BIGINT NOT NULL,
    has_refresh       BIGINT NOT NULL,
    access_expires_at BIGINT,
    stored_at         BIGINT NOT NULL,
    -- A refresh under way: the version it starts from, by whom, since when.
    intent_version    BIGINT,
    intent_holder     TEXT,
    intent_at         BIGINT
);

CREATE TABLE oauth_states (
    state_hash      TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    platform        TEXT NOT NULL,
    redirect_uri    TEXT NOT NULL,
    return_to       TEXT,
    sealed_verifier TEXT,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL
);

CREATE TABLE campaigns (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name            TEXT NOT NULL,
    title           TEXT,
    timezone        TEXT NOT NULL,
    -- The last applied revision.
    revision        BIGINT NOT NULL,
    -- Why the last edit could not be applied, while an older revision runs.
    stale_reason    TEXT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, name)
);

CREATE TABLE revisions (
    organization_id TEXT NOT NULL,
    campaign        TEXT NOT NULL,
    number          BIGINT NOT NULL,
    base            BIGINT NOT NULL,
    digest          TEXT NOT NULL,
    plan            TEXT NOT NULL,
    applied_by      TEXT NOT NULL,
    git_commit      TEXT,
    applied_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, campaign, number),
    FOREIGN KEY (organization_id, campaign) REFERENCES campaigns (organization_id, name)
);

CREATE TABLE publications (
    id               TEXT PRIMARY KEY,
    organization_id  TEXT NOT NULL REFERENCES organizations (id),
    -- NULL for posts that came through the HTTP API.
    campaign         TEXT,
    post             TEXT NOT NULL,
    account_id       TEXT NOT NULL REFERENCES accounts (id),
    occurrence       TEXT NOT NULL,
    -- Position in the plan: what people see in order.
    position         BIGINT NOT NULL,
    state            TEXT NOT NULL,
    -- Why it is in this state, where that needs saying: a code and a sentence.
    reason_code      TEXT,
    reason           TEXT,
    timing           TEXT NOT NULL,
    policy           TEXT NOT NULL,
    content_hash     TEXT NOT NULL,
    priority         BIGINT NOT NULL,
    revision         BIGINT NOT NULL,
    -- Rises with every change; the compare-and-set of everyone who changes the row.
    version          BIGINT NOT NULL,
    -- NULL while a gate is closed.
    due_at           BIGINT,
    -- When it should go out as things stand; lateness counts from here.
    expected_at      BIGINT,
    -- Not tried before this.
    next_attempt_at  BIGINT,
    -- When its workflow was asked for.
    dispatched_at    BIGINT,
    -- Attempts that count against the retry policy since it was last planned by a person.
    attempts_used    BIGINT NOT NULL,
    -- Attempts in a row that never left: the exponent of their backoff.
    unsent           BIGINT NOT NULL,
    platform_post_id TEXT,
    url              TEXT,
    published_at     BIGINT,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    UNIQUE (account_id, platform_post_id)
);
CREATE INDEX publications_campaign ON publications (organization_id, campaign, position);
CREATE INDEX publications_due ON publications (state, dispatched_at, due_at);
CREATE INDEX publications_account ON publications (account_id, state);
CREATE INDEX publications_sent ON publications (account_id, published_at);

CREATE TABLE segments (
    publication_id   TEXT NOT NULL REFERENCES publications (id),
    number           BIGINT NOT NULL,
    account_id       TEXT NOT NULL,
    state            TEXT NOT NULL,
    text             TEXT NOT NULL,
    length           BIGINT NOT NULL,
    length_max       BIGINT NOT NULL,
    media            TEXT NOT NULL,
    platform_post_id TEXT,
    url              TEXT,
    published_at     BIGINT,
    PRIMARY KEY (publication_id, number),
    UNIQUE (account_id, platform_post_id)
);
CREATE INDEX segments_sent ON segments (account_id, published_at);

CREATE TABLE attempts (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    publication_id   TEXT NOT NULL REFERENCES publications (id),
    segment          BIGINT NOT NULL,
    number           BIGINT NOT NULL,
    account_id       TEXT NOT NULL,
    holder           TEXT NOT NULL,
    epoch            BIGINT NOT NULL,
    token_version    BIGINT NOT NULL,
    request_hash     TEXT NOT NULL,
    -- What was frozen beside the text: parent and media ids.
    request          TEXT NOT NULL,
    marker           TEXT,
    intent_at        BIGINT NOT NULL,
    -- NULL while no answer has been written down.
    outcome          TEXT,
    code             TEXT,
    message          TEXT,
    http_status      BIGINT,
    request_id       TEXT,
    answered_at      BIGINT,
    platform_post_id TEXT,
    -- Complete reads that did not see it, for reconciliation.
    reads            BIGINT NOT NULL DEFAULT 0,
    first_read_at    BIGINT,
    next_read_at     BIGINT,
    -- `posted`, `refused`, `absent`, `unsent` or `held`; NULL while unsettled.
    settlement       TEXT,
    settled_at       BIGINT,
    UNIQUE (publication_id, segment, number)
);
-- I-5: one unsettled attempt per account, whatever the code believes.
CREATE UNIQUE INDEX attempts_unsettled ON attempts (account_id) WHERE settled_at IS NULL;

CREATE TABLE media (
    sha256           TEXT PRIMARY KEY,
    facts            TEXT NOT NULL,
    created_at       BIGINT NOT NULL
);

CREATE TABLE media_uses (
    publication_id   TEXT NOT NULL REFERENCES publications (id),
    sha256           TEXT NOT NULL REFERENCES media (sha256),
    PRIMARY KEY (publication_id, sha256)
);
CREATE INDEX media_uses_file ON media_uses (sha256);

CREATE TABLE media_uploads (
    account_id        TEXT NOT NULL REFERENCES accounts (id),
    sha256            TEXT NOT NULL,
    -- The alternative text belongs to the upload on some platforms: another text is another upload.
    alt_hash          TEXT NOT NULL,
    platform_media_id TEXT NOT NULL,
    uploaded_at       BIGINT NOT NULL,
    expires_at        BIGINT,
    PRIMARY KEY (account_id, sha256, alt_hash)
);

CREATE TABLE lanes (
    account_id       TEXT PRIMARY KEY REFERENCES accounts (id),
    holder           TEXT,
    epoch            BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL
);

CREATE TABLE budgets (
    -- `account/<id>` or `app/<platform>`.
    scope            TEXT NOT NULL,
    -- The platform's window (`posts/user/15m`), or `throttle` for a wait that it asked for.
    span             TEXT NOT NULL,
    quota            BIGINT NOT NULL,
    remaining        BIGINT NOT NULL,
    resets_at        BIGINT NOT NULL,
    -- Throttled answers in a row that named no time.
    streak           BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    PRIMARY KEY (scope, span)
);

CREATE TABLE pauses (
    -- `all`, `organization/<id>`, `platform/<word>`, `account/<id>`, `campaign/<organization>/<name>`.
    scope            TEXT PRIMARY KEY,
    paused_by        TEXT NOT NULL,
    reason           TEXT,
    paused_at        BIGINT NOT NULL
);

CREATE TABLE outbox (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    kind             TEXT NOT NULL,
    organization_id  TEXT NOT NULL,
    campaign         TEXT,
    publication_id   TEXT,
    created_at       BIGINT NOT NULL
);

CREATE TABLE audit (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id  TEXT NOT NULL,
    campaign         TEXT,
    publication_id   TEXT,
    account_id       TEXT,
    at               BIGINT NOT NULL,
    actor            TEXT NOT NULL,
    event            TEXT NOT NULL,
    from_state       TEXT,
    to_state         TEXT,
    why              TEXT,
    segment          BIGINT,
    attempt          BIGINT,
    request_id       TEXT
);
CREATE INDEX audit_publication ON audit (publication_id, id);
CREATE INDEX audit_campaign ON audit (organization_id, campaign, id);
