-- How far the upload of a large file is: shown to people, and gone on from after the process died in it.
CREATE TABLE uploads_begun (
    publication_id    TEXT NOT NULL REFERENCES publications (id),
    sha256            TEXT NOT NULL,
    alt_hash          TEXT NOT NULL,
    platform_media_id TEXT NOT NULL,
    done_bytes        BIGINT NOT NULL,
    total_bytes       BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    PRIMARY KEY (publication_id, sha256, alt_hash)
);
