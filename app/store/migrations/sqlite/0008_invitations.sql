-- A deactivated membership stays, for what refers to it. `last_seen_at` is the last use of any of its sessions.
ALTER TABLE memberships ADD COLUMN state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'deactivated'));
ALTER TABLE memberships ADD COLUMN last_seen_at INTEGER;

UPDATE memberships SET last_seen_at = (
    SELECT MAX(sessions.last_seen_at) FROM sessions
    WHERE sessions.account_id = memberships.account_id AND sessions.user_id = memberships.user_id
);

-- Invitations that nobody has accepted. `token_hash` is the SHA-256 of the invitation's token, which has 256 random
-- bits. An address has at most one in an account: the last.
CREATE TABLE invitations (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    account_id BLOB NOT NULL REFERENCES accounts (id),
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    invited_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (account_id, email_folded)
) STRICT;
