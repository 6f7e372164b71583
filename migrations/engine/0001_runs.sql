-- Runs and their histories. A file that was released is never changed: its checksum is in every database.
--
-- Ids that are UUIDs in their usual spelling are blobs of 16 bytes, other ids are text: hence ANY.
-- Times are unix nanoseconds.

-- Namespaces, workflow types and task queues: few, and repeated in every run.
CREATE TABLE names (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE runs (
    run                INTEGER PRIMARY KEY, -- in the order in which runs were started
    version            INTEGER NOT NULL,
    is_current         INTEGER NOT NULL,    -- 1: what the workflow id means when no run id is given
    has_tasks          INTEGER NOT NULL,
    status             INTEGER NOT NULL,
    next_due           INTEGER,
    run_id             ANY     NOT NULL,
    namespace          INTEGER NOT NULL REFERENCES names (id),
    workflow_id        TEXT    NOT NULL,
    workflow_type      INTEGER NOT NULL REFERENCES names (id),
    task_queue         INTEGER NOT NULL REFERENCES names (id),
    start_time         INTEGER NOT NULL,
    execution_time     INTEGER NOT NULL,
    close_time         INTEGER,
    history_length     INTEGER NOT NULL,
    history_bytes      INTEGER NOT NULL,
    parent_workflow_id TEXT,
    parent_run_id      ANY,
    start_request_id   ANY     NOT NULL,
    first_run_id       ANY,                 -- NULL: this run
    memo               BLOB    NOT NULL,
    search_attributes  BLOB    NOT NULL,
    state              BLOB    NOT NULL     -- last: what precedes it is read without it
) STRICT;

CREATE UNIQUE INDEX runs_by_run_id ON runs (run_id);
CREATE INDEX runs_by_workflow ON runs (namespace, workflow_id, is_current);
CREATE INDEX runs_by_type ON runs (namespace, workflow_type, status);
CREATE INDEX runs_due ON runs (next_due) WHERE next_due IS NOT NULL;
CREATE INDEX runs_with_tasks ON runs (run_id) WHERE has_tasks = 1;
CREATE INDEX runs_open ON runs (namespace) WHERE status = 1;
CREATE INDEX runs_closed ON runs (close_time) WHERE close_time IS NOT NULL;

-- The key is the run's number times 2^20 plus the batch's first event id: a history is one stretch of the
-- table, and no index repeats the key.
CREATE TABLE history (
    batch         INTEGER PRIMARY KEY,
    last_event_id INTEGER NOT NULL,
    data          BLOB    NOT NULL
) STRICT;

-- Runs that are deleted and whose history is still to be erased, a little at a time.
CREATE TABLE doomed (
    run INTEGER PRIMARY KEY
) STRICT;
