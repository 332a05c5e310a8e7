-- What SQLite has by its migration 0015: passkeys.

CREATE TABLE passkeys (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    credential_id BYTEA NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    passkey TEXT COLLATE "C" NOT NULL CHECK (json_typeof(passkey::json) = 'object'),
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE INDEX passkeys_by_user ON passkeys (user_id, created_at);

CREATE TABLE passkey_challenges (
    token_hash BYTEA PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id UUID REFERENCES users (id),
    state TEXT COLLATE "C" NOT NULL CHECK (json_typeof(state::json) = 'object'),
    address TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX passkey_challenges_by_address ON passkey_challenges (address, created_at);
CREATE INDEX passkey_challenges_by_user ON passkey_challenges (user_id);
