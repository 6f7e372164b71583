-- What the servers of an installation share where they have no folder in common: on PostgreSQL.

-- The bytes of media; in a data folder they are files.
CREATE TABLE media_files (
    sha256          TEXT PRIMARY KEY,
    length          BIGINT NOT NULL,
    stored_at       BIGINT NOT NULL
);

CREATE TABLE media_chunks (
    sha256          TEXT NOT NULL REFERENCES media_files (sha256),
    -- From 0.
    number          BIGINT NOT NULL,
    bytes           BLOB NOT NULL,
    PRIMARY KEY (sha256, number)
);

-- How often a token and an address asked in their minute. Nothing is lost with it.
CREATE TABLE rate_windows (
    subject         TEXT PRIMARY KEY,
    began_at        BIGINT NOT NULL,
    used            BIGINT NOT NULL
);
CREATE INDEX rate_windows_age ON rate_windows (began_at);
