-- What a publication waits for besides its time, as JSON.
ALTER TABLE publications ADD COLUMN gates TEXT NOT NULL DEFAULT '{}';

-- What campaigns wait for from outside: `signal/<name>`, `file/<path>`. Each event once.
CREATE TABLE happenings (
    organization_id TEXT NOT NULL,
    campaign        TEXT NOT NULL,
    happening       TEXT NOT NULL,
    -- The sender's own id of the event, or one that we made.
    event_id        TEXT NOT NULL,
    told_by         TEXT NOT NULL,
    happened_at     BIGINT NOT NULL,
    PRIMARY KEY (organization_id, campaign, happening, event_id)
);

-- People's words on what is to be said, bound to the content that they saw; the last word counts.
CREATE TABLE approvals (
    publication_id  TEXT NOT NULL REFERENCES publications (id),
    content_hash    TEXT NOT NULL,
    person          TEXT NOT NULL,
    approved        BIGINT NOT NULL,
    comment         TEXT,
    given_by        TEXT NOT NULL,
    given_at        BIGINT NOT NULL,
    PRIMARY KEY (publication_id, content_hash, person)
);
