-- The calls that have reached the gate with right credentials. They outlive their token. No foreign keys: one call that
-- does not fit would keep all that are written with it from being written.
--
-- `scope` is the operation's id, `at` and `latency` are in microseconds.
CREATE TABLE calls (
    id INTEGER NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL,
    token_id BLOB NOT NULL,
    scope TEXT NOT NULL,
    status INTEGER NOT NULL,
    at INTEGER NOT NULL,
    address TEXT NOT NULL,
    latency INTEGER NOT NULL
) STRICT;

CREATE INDEX calls_by_account ON calls (account_id, at);

-- Older calls, of which only their numbers are kept. `day` counts the days since 1970-01-01, in UTC.
CREATE TABLE calls_by_day (
    account_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    token_id BLOB NOT NULL,
    scope TEXT NOT NULL,
    status INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    latency_sum INTEGER NOT NULL,
    PRIMARY KEY (account_id, day, token_id, scope, status)
) STRICT, WITHOUT ROWID;
