-- What applications write, and the answers that they may ask for again.

CREATE TABLE content_pieces (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    -- Ours, or the application's own.
    id              TEXT NOT NULL,
    content         TEXT NOT NULL,
    -- Rises with every change: posts say which one they were scheduled with.
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX content_pieces_id ON content_pieces (id);

-- The files that a piece names: they are kept while it does.
CREATE TABLE content_media (
    organization_id TEXT NOT NULL,
    content_piece_id TEXT NOT NULL,
    sha256          TEXT NOT NULL REFERENCES media (sha256),
    PRIMARY KEY (organization_id, content_piece_id, sha256),
    FOREIGN KEY (organization_id, content_piece_id) REFERENCES content_pieces (organization_id, id)
);
CREATE INDEX content_media_file ON content_media (sha256);

-- Who uploaded a file: a hash alone gives nobody another organization's file.
CREATE TABLE media_owners (
    organization_id TEXT NOT NULL,
    sha256          TEXT NOT NULL REFERENCES media (sha256),
    PRIMARY KEY (organization_id, sha256)
);

-- The piece that a post of an application says; its version is the publication's revision.
CREATE TABLE scheduled_posts (
    publication_id   TEXT PRIMARY KEY REFERENCES publications (id),
    content_piece_id TEXT NOT NULL
);

CREATE TABLE idempotency_keys (
    -- The token that asked: two applications may choose the same key.
    caller          TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash    TEXT NOT NULL,
    answer          TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (caller, idempotency_key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- The service token that made an organization, and may act for it. NULL: the installation itself.
ALTER TABLE organizations ADD COLUMN created_by TEXT;

-- Lists of posts are read in this order, a page at a time.
CREATE INDEX publications_listed ON publications (organization_id, COALESCE(due_at, 9223372036854775807), id);
