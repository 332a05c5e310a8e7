-- Links to set a new password that are not used yet. `token_hash` is the SHA-256 of the link's token, which has 256 random
-- bits. `made_by` is the administrator who made it; NULL where the person asked for it by mail.
CREATE TABLE password_resets (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id BLOB NOT NULL REFERENCES users (id),
    made_by BLOB REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX password_resets_by_user ON password_resets (user_id);
