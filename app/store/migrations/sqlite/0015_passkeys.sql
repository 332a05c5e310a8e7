-- Passkeys. `passkey` is what the WebAuthn library keeps of one, as JSON: a public key and a counter, nothing secret.
CREATE TABLE passkeys (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id),
    credential_id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    passkey TEXT NOT NULL CHECK (json_type(passkey) = 'object'),
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;

CREATE INDEX passkeys_by_user ON passkeys (user_id, created_at);

-- What a passkey is asked to sign, to be answered once. `token_hash` is the SHA-256 of what the browser holds, which has
-- 256 random bits. `user_id` is who adds a passkey; nobody where any passkey may answer. `state` is the library's, as
-- JSON. `address` is the network that asked.
CREATE TABLE passkey_challenges (
    token_hash BLOB NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id BLOB REFERENCES users (id),
    state TEXT NOT NULL CHECK (json_type(state) = 'object'),
    address TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX passkey_challenges_by_address ON passkey_challenges (address, created_at);
CREATE INDEX passkey_challenges_by_user ON passkey_challenges (user_id);
