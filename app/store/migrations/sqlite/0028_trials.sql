-- Changes of tokens' scopes that are tried out: noted, but not enforced. `scopes` are those that the token would have.
CREATE TABLE trials (
    token_id BLOB NOT NULL PRIMARY KEY REFERENCES tokens (id) ON DELETE CASCADE,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    started_by BLOB NOT NULL REFERENCES users (id),
    enforce_when_silent INTEGER NOT NULL CHECK (enforce_when_silent IN (0, 1))
) STRICT;

CREATE INDEX trials_by_account ON trials (account_id, started_at);
