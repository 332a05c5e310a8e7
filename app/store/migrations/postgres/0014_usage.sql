-- The same as SQLite's migration 0024: the use of tokens as pages show it.

ALTER TABLE calls_by_day ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE calls_by_day DROP CONSTRAINT calls_by_day_pkey;
ALTER TABLE calls_by_day ADD PRIMARY KEY (account_id, day, token_id, scope, status, version);
CREATE INDEX calls_by_day_of_tokens ON calls_by_day (account_id, token_id, day)
INCLUDE (status, calls, scope, version);

CREATE TABLE calls_of_accounts (
    account_id UUID NOT NULL,
    day BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    PRIMARY KEY (account_id, day)
);

INSERT INTO calls_of_accounts (account_id, day, calls, failures, refused)
SELECT account_id, day, CAST(SUM(calls) AS BIGINT),
    CAST(SUM(CASE WHEN status >= 400 THEN calls ELSE 0 END) AS BIGINT), 0
FROM calls_by_day GROUP BY account_id, day;

CREATE TABLE calls_by_address (
    account_id UUID NOT NULL,
    token_id UUID NOT NULL,
    day BIGINT NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    value BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, token_id, day, address, value)
);

CREATE TABLE calls_by_client (
    account_id UUID NOT NULL,
    token_id UUID NOT NULL,
    day BIGINT NOT NULL,
    client TEXT COLLATE "C" NOT NULL,
    calls BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, token_id, day, client)
);

CREATE TABLE calls_by_hour (
    account_id UUID NOT NULL,
    token_id UUID NOT NULL,
    day BIGINT NOT NULL,
    hours BYTEA NOT NULL CHECK (length(hours) = 192),
    PRIMARY KEY (account_id, token_id, day)
);

CREATE TABLE refused_calls (
    account_id UUID NOT NULL,
    token_id UUID NOT NULL,
    day BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    calls BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, token_id, day, reason, address)
);

ALTER TABLE call_packs ADD COLUMN sources BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX call_packs_without_sources ON call_packs (account_id, last_at, id) WHERE counted AND NOT sources;

CREATE INDEX calls_by_address_by_day ON calls_by_address (day);
CREATE INDEX calls_by_hour_by_day ON calls_by_hour (day);
CREATE INDEX calls_by_client_by_day ON calls_by_client (day);
CREATE INDEX refused_calls_by_day ON refused_calls (day);

CREATE TABLE refused_batches (
    id UUID PRIMARY KEY,
    written_at BIGINT NOT NULL
);

CREATE INDEX refused_batches_by_age ON refused_batches (written_at);

ALTER TABLE tokens ADD COLUMN last_failed_at BIGINT;
ALTER TABLE tokens ADD COLUMN failing_since BIGINT;

CREATE INDEX tokens_by_failure ON tokens (account_id, last_failed_at DESC) INCLUDE (last_used_at)
WHERE deleted_at IS NULL AND last_failed_at IS NOT NULL;
DROP INDEX tokens_by_expiry;
CREATE INDEX tokens_by_expiry ON tokens (account_id, expires_at) INCLUDE (state, last_used_at, last_failed_at)
WHERE deleted_at IS NULL AND expires_at IS NOT NULL;
