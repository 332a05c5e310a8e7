-- Accounts, users, sessions, access tokens and the audit trail.
--
-- Times are whole microseconds since the Unix epoch, in UTC. Ids are UUIDv7, 16 bytes.

CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE,
    api_access INTEGER NOT NULL DEFAULT 0 CHECK (api_access IN (0, 1)),
    company_information TEXT NOT NULL CHECK (json_valid(company_information)),
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    created_at INTEGER NOT NULL
) STRICT;

-- A user may belong to several accounts, with a role in each.
CREATE TABLE memberships (
    account_id BLOB NOT NULL REFERENCES accounts (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX memberships_by_user ON memberships (user_id, created_at);

-- `token_hash` is the SHA-256 of the session's token, which has 256 random bits.
CREATE TABLE sessions (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    account_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id) ON DELETE CASCADE
) STRICT;

-- Every attempt to sign in that has not succeeded (yet). `email_hash` is keyed: people type their password into the
-- wrong field.
CREATE TABLE sign_in_failures (
    email_hash BLOB NOT NULL CHECK (length(email_hash) = 32),
    address TEXT NOT NULL,
    failed_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_failures_by_email ON sign_in_failures (email_hash, failed_at);
CREATE INDEX sign_in_failures_by_address ON sign_in_failures (address, failed_at);

-- `secret_hash` is the HMAC-SHA-256 of the Auth Token; its key is not in the database. A deleted token stays for as
-- long as that can be undone. `request_id` is the client's own id of the request that created the token.
CREATE TABLE tokens (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    account_id BLOB NOT NULL REFERENCES accounts (id),
    sid TEXT NOT NULL UNIQUE,
    secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    description TEXT NOT NULL,
    api_version INTEGER NOT NULL,
    primary_contact BLOB NOT NULL,
    developers TEXT NOT NULL CHECK (json_type(developers) = 'array'),
    scopes TEXT NOT NULL CHECK (json_type(scopes) = 'array'),
    state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled')),
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revision INTEGER NOT NULL DEFAULT 1 CHECK (revision >= 1),
    deleted_at INTEGER,
    request_id BLOB CHECK (length(request_id) = 16),
    UNIQUE (account_id, request_id),
    FOREIGN KEY (account_id, primary_contact) REFERENCES memberships (account_id, user_id)
) STRICT;

-- One index per order of the list. Each holds what the filters ask, so that skipped rows are never fetched.
CREATE INDEX tokens_by_creation ON tokens (account_id, created_at DESC, id DESC, state, name_folded)
WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_name ON tokens (account_id, name_folded, id, state, created_at)
WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_use ON tokens (account_id, last_used_at DESC, id DESC, state, created_at, name_folded)
WHERE deleted_at IS NULL;
CREATE INDEX tokens_deleted ON tokens (deleted_at)
WHERE deleted_at IS NOT NULL;

-- Who did what. A token's events outlive the token. `user_id` is empty where the command line did it.
CREATE TABLE audit_events (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    at INTEGER NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id),
    user_id BLOB REFERENCES users (id),
    action TEXT NOT NULL,
    token_id BLOB CHECK (length(token_id) = 16),
    details TEXT NOT NULL CHECK (json_type(details) = 'object')
) STRICT;

CREATE INDEX audit_events_by_account ON audit_events (account_id, at DESC);
CREATE INDEX audit_events_by_token ON audit_events (token_id, at DESC) WHERE token_id IS NOT NULL;
