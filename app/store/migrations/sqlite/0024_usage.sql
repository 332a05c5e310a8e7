-- The use of tokens as pages show it. Times are in microseconds, `day` counts the days since 1970-01-01, in UTC. No foreign
-- keys, as with the calls themselves: what one token has must not keep others from being written.

-- Calls are added up by API version, too; 0 is an unknown one. The index has the days of one token together, and all that is
-- asked of them.
CREATE TABLE calls_by_day_and_version (
    account_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    token_id BLOB NOT NULL,
    scope TEXT NOT NULL,
    status INTEGER NOT NULL,
    version INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    latency_sum INTEGER NOT NULL,
    PRIMARY KEY (account_id, day, token_id, scope, status, version)
) STRICT, WITHOUT ROWID;

INSERT INTO calls_by_day_and_version (account_id, day, token_id, scope, status, version, calls, latency_sum)
SELECT account_id, day, token_id, scope, status, 0, calls, latency_sum FROM calls_by_day;

DROP TABLE calls_by_day;
ALTER TABLE calls_by_day_and_version RENAME TO calls_by_day;
CREATE INDEX calls_by_day_of_tokens ON calls_by_day (account_id, token_id, day, status, calls);

-- The calls of all tokens of an account. `failures` are those with a status of 400 or more, `refused` those that were
-- refused before they counted as calls.
CREATE TABLE calls_of_accounts (
    account_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    PRIMARY KEY (account_id, day)
) STRICT, WITHOUT ROWID;

INSERT INTO calls_of_accounts (account_id, day, calls, failures, refused)
SELECT account_id, day, SUM(calls), SUM(CASE WHEN status >= 400 THEN calls ELSE 0 END), 0
FROM calls_by_day GROUP BY account_id, day;

-- The sources of calls, which are kept as long as the calls themselves. An empty `address` stands for those beyond the most
-- that are told apart; `value` is the number of the token's value, 0 for the current one; `client` is empty without a name.
CREATE TABLE calls_by_address (
    account_id BLOB NOT NULL,
    token_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    address TEXT NOT NULL,
    value INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, token_id, day, address, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE calls_by_client (
    account_id BLOB NOT NULL,
    token_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    client TEXT NOT NULL,
    calls INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, token_id, day, client)
) STRICT, WITHOUT ROWID;

-- The hours of the last days: for each of the 24, the number of calls and of failures, in 4 bytes each, big-endian.
CREATE TABLE calls_by_hour (
    account_id BLOB NOT NULL,
    token_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    hours BLOB NOT NULL CHECK (length(hours) = 192),
    PRIMARY KEY (account_id, token_id, day)
) STRICT, WITHOUT ROWID;

-- Refused calls with a known Account SID. Nothing of what was sent as Auth Token is kept.
CREATE TABLE refused_calls (
    account_id BLOB NOT NULL,
    token_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    reason TEXT NOT NULL,
    address TEXT NOT NULL,
    calls INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, token_id, day, reason, address)
) STRICT, WITHOUT ROWID;

-- Calls that were added up before are added to these tables from their packs.
ALTER TABLE call_packs ADD COLUMN sources INTEGER NOT NULL DEFAULT 0 CHECK (sources IN (0, 1));
CREATE INDEX call_packs_without_sources ON call_packs (account_id, last_at, id) WHERE counted AND NOT sources;

CREATE INDEX calls_by_address_by_day ON calls_by_address (day);
CREATE INDEX calls_by_hour_by_day ON calls_by_hour (day);
CREATE INDEX calls_by_client_by_day ON calls_by_client (day);
CREATE INDEX refused_calls_by_day ON refused_calls (day);

-- The batches of refused calls that were written lately: written again after an answer was lost, none is
-- counted twice.
CREATE TABLE refused_batches (
    id BLOB NOT NULL PRIMARY KEY,
    written_at INTEGER NOT NULL
) STRICT;

CREATE INDEX refused_batches_by_age ON refused_batches (written_at);

-- The last call of a token that failed or was refused, and the first such call since the last one that passed.
ALTER TABLE tokens ADD COLUMN last_failed_at INTEGER;
ALTER TABLE tokens ADD COLUMN failing_since INTEGER;

CREATE INDEX tokens_by_failure ON tokens (account_id, last_failed_at DESC, last_used_at)
WHERE deleted_at IS NULL AND last_failed_at IS NOT NULL;
DROP INDEX tokens_by_expiry;
CREATE INDEX tokens_by_expiry ON tokens (account_id, expires_at, state, last_used_at, last_failed_at)
WHERE deleted_at IS NULL AND expires_at IS NOT NULL;
