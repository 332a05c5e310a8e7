-- Changes of tokens' scopes that are tried out: noted, but not enforced. `scopes` are those that the token would have.
CREATE TABLE trials (
    token_id UUID NOT NULL PRIMARY KEY REFERENCES tokens (id) ON DELETE CASCADE,
    account_id UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    started_by UUID NOT NULL REFERENCES users (id),
    enforce_when_silent BOOLEAN NOT NULL
);

CREATE INDEX trials_by_account ON trials (account_id, started_at);
