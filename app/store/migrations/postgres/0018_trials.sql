-- Changes that are tried out: noted, but not enforced. Each is of one token, whose id is the `subject`, or of the account.
-- A token would lose the `scopes`; the account would allow the `addresses` only.
CREATE TABLE trials (
    subject UUID NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    token_id UUID REFERENCES tokens (id) ON DELETE CASCADE,
    scopes TEXT,
    addresses TEXT,
    started_at BIGINT NOT NULL,
    started_by UUID NOT NULL REFERENCES users (id),
    enforce_when_silent BOOLEAN NOT NULL
);

CREATE INDEX trials_by_account ON trials (account_id, started_at);
CREATE INDEX trials_by_token ON trials (token_id);
