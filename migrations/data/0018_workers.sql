-- What each worker process did since its start, as it says itself.
CREATE TABLE workers (
    identity        TEXT NOT NULL,
    -- `publishing` or `analytics`.
    queue           TEXT NOT NULL,
    started_at      BIGINT NOT NULL,
    reported_at     BIGINT NOT NULL,
    running         BIGINT NOT NULL,
    completed       BIGINT NOT NULL,
    failed          BIGINT NOT NULL,
    PRIMARY KEY (identity, queue)
);
