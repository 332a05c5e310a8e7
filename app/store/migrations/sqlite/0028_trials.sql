-- Changes that are tried out: noted, but not enforced. Each is of one token, whose id is the `subject`, or of the account.
-- A token would lose the `scopes`; the account would allow the `addresses` only.
CREATE TABLE trials (
    subject BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_id BLOB REFERENCES tokens (id) ON DELETE CASCADE,
    scopes TEXT,
    addresses TEXT,
    started_at INTEGER NOT NULL,
    started_by BLOB NOT NULL REFERENCES users (id),
    enforce_when_silent INTEGER NOT NULL CHECK (enforce_when_silent IN (0, 1))
) STRICT;

CREATE INDEX trials_by_account ON trials (account_id, started_at);
CREATE INDEX trials_by_token ON trials (token_id);
