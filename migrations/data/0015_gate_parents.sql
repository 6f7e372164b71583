-- When the gates of a publication are looked at next: 0 (at once) after everything that touched its row or what
-- it waits for, else the instant at which they decide alone; NULL: not before something happens.
ALTER TABLE publications ADD COLUMN gate_at BIGINT DEFAULT 0;
CREATE INDEX publications_gated ON publications (organization_id, campaign, state, gate_at) WHERE due_at IS NULL;
CREATE INDEX publications_post ON publications (organization_id, campaign, post, occurrence);
CREATE INDEX publications_campaign_state ON publications (organization_id, campaign, state);

-- What the gates of publications wait for, as they were last looked at.
CREATE TABLE gate_parents (
    organization_id TEXT NOT NULL,
    campaign        TEXT NOT NULL,
    -- A post, or a happening (`signal/<name>`, `file/<path>`, `event/…`): a post's name has no `/`.
    parent          TEXT NOT NULL,
    -- The turn of a post that comes again and again; empty: any.
    occurrence      TEXT NOT NULL,
    publication_id  TEXT NOT NULL REFERENCES publications (id),
    PRIMARY KEY (organization_id, campaign, parent, occurrence, publication_id)
);
CREATE INDEX gate_parents_publication ON gate_parents (publication_id);
