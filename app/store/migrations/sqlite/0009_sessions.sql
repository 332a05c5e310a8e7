-- Sessions that their owner can tell apart, and of which it is known when the password was last given. Those that there
-- were end: their owners sign in again.
DROP TABLE sessions;

-- `token_hash` is the SHA-256 of the session's token, which has 256 random bits. `address` and `user_agent` are those
-- of the browser that signed in, the latter as it calls itself.
CREATE TABLE sessions (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    account_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    FOREIGN KEY (account_id, user_id) REFERENCES memberships (account_id, user_id) ON DELETE CASCADE
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id, last_seen_at);
