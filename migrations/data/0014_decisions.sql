-- What conditions on metrics were decided by, once for each question and instant.
CREATE TABLE decisions (
    publication_id  TEXT NOT NULL REFERENCES publications (id),
    -- Metric, bound and the publication that was counted.
    question        TEXT NOT NULL,
    -- When everything else was open.
    decides_at      BIGINT NOT NULL,
    holds           BIGINT NOT NULL,
    -- NULL: the number was not there.
    millionths      BIGINT,
    counted_at      BIGINT,
    decided_by      TEXT NOT NULL,
    decided_at      BIGINT NOT NULL,
    PRIMARY KEY (publication_id, question, decides_at)
);
