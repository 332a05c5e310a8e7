-- Jobs: exports of reports, each done once and in the order in which they came. `parameters` is what is to be done,
-- `created_by` an Account SID, `problem` why there is no result. `attempts` counts how often the job was begun.
CREATE TABLE jobs (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    account_id BLOB NOT NULL REFERENCES accounts (id),
    parameters TEXT NOT NULL CHECK (json_type(parameters) = 'object'),
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    progress_at INTEGER,
    ended_at INTEGER,
    status TEXT NOT NULL CHECK (status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'ERROR', 'FAILED')),
    problem TEXT NOT NULL DEFAULT '',
    records INTEGER NOT NULL DEFAULT 0,
    percentage INTEGER NOT NULL DEFAULT 0 CHECK (percentage BETWEEN 0 AND 100),
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX jobs_by_account ON jobs (account_id, created_at DESC, id DESC);
CREATE INDEX jobs_to_do ON jobs (status, created_at, id) WHERE status IN ('QUEUED', 'RUNNING');

-- The files that jobs have made, for as long as they are kept.
CREATE TABLE job_results (
    job_id BLOB NOT NULL PRIMARY KEY REFERENCES jobs (id),
    made_at INTEGER NOT NULL,
    result BLOB NOT NULL
) STRICT;

CREATE INDEX job_results_by_age ON job_results (made_at);
