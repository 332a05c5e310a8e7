-- All that SQLite has after its migrations 0001 to 0009, in PostgreSQL's own types. What the tables and columns mean stands
-- there.
--
-- Times are whole microseconds since the Unix epoch, in UTC. Ids are UUIDv7. Texts are compared byte by byte, as they are in
-- SQLite, whatever the database's locale is.

CREATE TABLE accounts (
    id UUID PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    api_access BOOLEAN NOT NULL DEFAULT FALSE,
    company_information TEXT COLLATE "C" NOT NULL CHECK (json_typeof(company_information::json) IS NOT NULL),
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id UUID PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    email TEXT COLLATE "C" NOT NULL,
    email_folded TEXT COLLATE "C" NOT NULL UNIQUE,
    password_hash TEXT COLLATE "C" NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    created_at BIGINT NOT NULL
);

CREATE TABLE memberships (
    account_id UUID NOT NULL REFERENCES accounts (id),
    user_id UUID NOT NULL REFERENCES users (id),
    role TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deactivated')),
    last_seen_at BIGINT,
    PRIMARY KEY (account_id, user_id)
);

CREATE INDEX memberships_by_user ON memberships (user_id, created_at);

CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY CHECK (length(token_hash) = 32),
    id UUID NOT NULL UNIQUE,
    account_id UUID NOT NULL,
    user_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    user_agent TEXT COLLATE "C" NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id) ON DELETE CASCADE
);

CREATE INDEX sessions_by_user ON sessions (user_id, last_seen_at);

CREATE TABLE sign_in_failures (
    email_hash BYTEA NOT NULL CHECK (length(email_hash) = 32),
    address TEXT COLLATE "C" NOT NULL,
    failed_at BIGINT NOT NULL
);

CREATE INDEX sign_in_failures_by_email ON sign_in_failures (email_hash, failed_at);
CREATE INDEX sign_in_failures_by_address ON sign_in_failures (address, failed_at);

CREATE TABLE tokens (
    id UUID PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id),
    sid TEXT COLLATE "C" NOT NULL UNIQUE,
    secret_hash BYTEA NOT NULL CHECK (length(secret_hash) = 32),
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    api_version BIGINT NOT NULL,
    primary_contact UUID NOT NULL,
    developers TEXT COLLATE "C" NOT NULL CHECK (json_typeof(developers::json) = 'array'),
    scopes TEXT COLLATE "C" NOT NULL CHECK (json_typeof(scopes::json) = 'array'),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('enabled', 'disabled')),
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revision BIGINT NOT NULL DEFAULT 1 CHECK (revision >= 1),
    deleted_at BIGINT,
    request_id UUID,
    UNIQUE (account_id, request_id),
    FOREIGN KEY (account_id, primary_contact) REFERENCES memberships (account_id, user_id)
);

-- One index per order of the list. Each holds what the filters ask, so that skipped rows are never fetched.
CREATE INDEX tokens_by_creation ON tokens (account_id, created_at DESC, id DESC) INCLUDE (state, name_folded)
WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_name ON tokens (account_id, name_folded, id) INCLUDE (state, created_at)
WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_use ON tokens (account_id, last_used_at DESC NULLS LAST, id DESC)
INCLUDE (state, created_at, name_folded)
WHERE deleted_at IS NULL;
CREATE INDEX tokens_deleted ON tokens (deleted_at)
WHERE deleted_at IS NOT NULL;

-- `rowid` is the order in which they were written, which SQLite knows of itself.
CREATE TABLE audit_events (
    id UUID PRIMARY KEY,
    at BIGINT NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts (id),
    user_id UUID REFERENCES users (id),
    action TEXT COLLATE "C" NOT NULL,
    token_id UUID,
    details TEXT COLLATE "C" NOT NULL CHECK (json_typeof(details::json) = 'object'),
    sequence BIGINT CHECK (sequence >= 1),
    hash BYTEA CHECK (length(hash) = 32),
    address TEXT COLLATE "C",
    names_folded TEXT COLLATE "C" NOT NULL DEFAULT '',
    rowid BIGINT GENERATED ALWAYS AS IDENTITY
);

CREATE UNIQUE INDEX audit_events_by_sequence ON audit_events (account_id, sequence);
CREATE INDEX audit_events_by_account ON audit_events (account_id, at DESC, sequence DESC) INCLUDE (id);
CREATE INDEX audit_events_by_token ON audit_events (token_id, at DESC) WHERE token_id IS NOT NULL;

CREATE TABLE audit_heads (
    account_id UUID PRIMARY KEY REFERENCES accounts (id),
    sequence BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    seal BYTEA NOT NULL CHECK (length(seal) = 32)
);

CREATE TABLE server_key (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    constant_hash BYTEA NOT NULL CHECK (length(constant_hash) = 32)
);

CREATE TABLE unfinished_work (
    name TEXT COLLATE "C" PRIMARY KEY
);

CREATE TABLE calls (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id UUID NOT NULL,
    token_id UUID NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    status BIGINT NOT NULL,
    at BIGINT NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    latency BIGINT NOT NULL
);

CREATE INDEX calls_by_account ON calls (account_id, at);

CREATE TABLE calls_by_day (
    account_id UUID NOT NULL,
    day BIGINT NOT NULL,
    token_id UUID NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    status BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    latency_sum BIGINT NOT NULL,
    PRIMARY KEY (account_id, day, token_id, scope, status)
);

CREATE TABLE advertisers (
    account_id UUID NOT NULL REFERENCES accounts (id),
    id BIGINT NOT NULL CHECK (id > 0),
    advertiser TEXT COLLATE "C" NOT NULL CHECK (json_typeof(advertiser::json) = 'object'),
    PRIMARY KEY (account_id, id)
);

CREATE TABLE jobs (
    id UUID PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id),
    parameters TEXT COLLATE "C" NOT NULL CHECK (json_typeof(parameters::json) = 'object'),
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    progress_at BIGINT,
    ended_at BIGINT,
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'ERROR', 'FAILED')),
    problem TEXT COLLATE "C" NOT NULL DEFAULT '',
    records BIGINT NOT NULL DEFAULT 0,
    percentage BIGINT NOT NULL DEFAULT 0 CHECK (percentage BETWEEN 0 AND 100),
    attempts BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX jobs_by_account ON jobs (account_id, created_at DESC, id DESC);
CREATE INDEX jobs_to_do ON jobs (status, created_at, id) WHERE status IN ('QUEUED', 'RUNNING');

CREATE TABLE job_results (
    job_id UUID PRIMARY KEY REFERENCES jobs (id),
    made_at BIGINT NOT NULL,
    result BYTEA NOT NULL
);

CREATE INDEX job_results_by_age ON job_results (made_at);

CREATE TABLE invitations (
    id UUID PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id),
    email TEXT COLLATE "C" NOT NULL,
    email_folded TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    invited_by UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (account_id, email_folded)
);
