-- Second factors at sign-in: codes of an authenticator app, recovery codes; and accounts that ask every user for one.
ALTER TABLE accounts ADD COLUMN second_factor_required INTEGER NOT NULL DEFAULT 0
    CHECK (second_factor_required IN (0, 1));

-- `secret` is sealed: its key is not in the database. Until it is confirmed with a first code, it counts for nothing.
-- `last_step` is the time step of the last code that was taken: that one and those before it are used up.
CREATE TABLE authenticators (
    user_id BLOB NOT NULL PRIMARY KEY REFERENCES users (id),
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_step INTEGER NOT NULL DEFAULT 0
) STRICT;

-- `code_hash` is the HMAC-SHA-256 of the code; its key is not in the database.
CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES users (id),
    code_hash BLOB NOT NULL CHECK (length(code_hash) = 32),
    used_at INTEGER,
    PRIMARY KEY (user_id, code_hash)
) STRICT, WITHOUT ROWID;

-- Who has taken the first step of signing in and not yet the second. `token_hash` is the SHA-256 of what the browser holds,
-- which has 256 random bits. `password_hash` is the user's as it was then: with another password it is over.
-- `issuer` is the identity provider that the first step was taken at; nothing where it was the password.
CREATE TABLE pending_sign_ins (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    account_id BLOB NOT NULL REFERENCES accounts (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    password_hash TEXT NOT NULL,
    issuer TEXT,
    created_at INTEGER NOT NULL
) STRICT;
