-- Collections of metrics that somebody asked for, and how far they are.
CREATE TABLE collections (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    platform        TEXT,
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    asked           BIGINT NOT NULL,
    counted         BIGINT NOT NULL,
    put_off         BIGINT NOT NULL,
    error           TEXT
);

-- Analytics read what was published on some days.
CREATE INDEX publications_published ON publications (organization_id, published_at);
