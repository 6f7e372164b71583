-- What is to be counted of every part that is online, and when next.
CREATE TABLE metric_plans (
    publication_id   TEXT NOT NULL REFERENCES publications (id),
    segment          BIGINT NOT NULL,
    account_id       TEXT NOT NULL REFERENCES accounts (id),
    platform_post_id TEXT NOT NULL,
    published_at     BIGINT NOT NULL,
    -- NULL: it is too old to change.
    next_at          BIGINT,
    collected_at     BIGINT,
    last_error       TEXT,
    PRIMARY KEY (publication_id, segment)
);
CREATE INDEX metric_plans_next ON metric_plans (next_at);

-- What a platform counted at a moment, as it said it. NULL is not offered, never 0.
CREATE TABLE metric_snapshots (
    publication_id   TEXT NOT NULL REFERENCES publications (id),
    segment          BIGINT NOT NULL,
    taken_at         BIGINT NOT NULL,
    organization_id  TEXT NOT NULL,
    account_id       TEXT NOT NULL,
    platform         TEXT NOT NULL,
    impressions      BIGINT,
    likes            BIGINT,
    retweets         BIGINT,
    replies          BIGINT,
    quotes           BIGINT,
    bookmarks        BIGINT,
    profile_clicks   BIGINT,
    link_clicks      BIGINT,
    reactions        BIGINT,
    comments         BIGINT,
    shares           BIGINT,
    clicks           BIGINT,
    reach            BIGINT,
    -- 1: the last one of its UTC day, which the others were archived into.
    daily            BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (publication_id, segment, taken_at)
);
CREATE INDEX metric_snapshots_organization ON metric_snapshots (organization_id, taken_at);
CREATE INDEX metric_snapshots_archive ON metric_snapshots (daily, taken_at);

-- What is online already is counted from now on.
INSERT INTO metric_plans (publication_id, segment, account_id, platform_post_id, published_at, next_at)
    SELECT publication_id, number, account_id, platform_post_id, published_at, published_at FROM segments
    WHERE platform_post_id IS NOT NULL AND published_at IS NOT NULL AND platform_post_id NOT LIKE 'repost:%'
    AND platform_post_id NOT LIKE 'urn:li:comment:%';
