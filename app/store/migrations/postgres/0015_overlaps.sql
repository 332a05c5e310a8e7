-- The same as SQLite's migration 0025: the overlap after a reset, and the hashes of Auth Tokens that no longer pass.

ALTER TABLE tokens
    ADD COLUMN secret_ending TEXT COLLATE "C" CHECK (length(secret_ending) = 4),
    ADD COLUMN old_secret_hash BYTEA CHECK (length(old_secret_hash) = 32),
    ADD COLUMN old_issued_at BIGINT,
    ADD COLUMN old_until BIGINT,
    ADD COLUMN old_ending TEXT COLLATE "C" CHECK (length(old_ending) = 4),
    ADD COLUMN close_when_moved BOOLEAN NOT NULL DEFAULT FALSE;

CREATE INDEX tokens_by_overlap ON tokens (old_until) WHERE old_until IS NOT NULL;

ALTER TABLE accounts
    ADD COLUMN longest_overlap BIGINT NOT NULL DEFAULT 30 CHECK (longest_overlap BETWEEN 0 AND 365);

CREATE TABLE retired_secrets (
    token_id UUID NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    secret_hash BYTEA NOT NULL CHECK (length(secret_hash) = 32),
    retired_at BIGINT NOT NULL,
    PRIMARY KEY (token_id, secret_hash)
);

CREATE TABLE value_uses (
    token_id UUID NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    issued_at BIGINT NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (token_id, issued_at, address)
);

CREATE TABLE retired_uses (
    token_id UUID NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    address TEXT COLLATE "C" NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (token_id, address)
);
