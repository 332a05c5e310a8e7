-- After a reset the old Auth Token may pass beside the new one for a while.
--
-- `old_secret_hash` is its hash, `old_issued_at` when it was made, and `old_until` when it stops; all three or none. It
-- stops earlier where `close_when_moved` says so and everybody has moved. `secret_ending` and `old_ending` are the last four
-- characters, by which people tell the two apart; NULL for those that were made before.
ALTER TABLE tokens ADD COLUMN secret_ending TEXT CHECK (length(secret_ending) = 4);
ALTER TABLE tokens ADD COLUMN old_secret_hash BLOB CHECK (length(old_secret_hash) = 32);
ALTER TABLE tokens ADD COLUMN old_issued_at INTEGER;
ALTER TABLE tokens ADD COLUMN old_until INTEGER;
ALTER TABLE tokens ADD COLUMN old_ending TEXT CHECK (length(old_ending) = 4);
ALTER TABLE tokens ADD COLUMN close_when_moved INTEGER NOT NULL DEFAULT 0 CHECK (close_when_moved IN (0, 1));

CREATE INDEX tokens_by_overlap ON tokens (old_until) WHERE old_until IS NOT NULL;

-- The longest overlap that the account allows, in days; 0 for none.
ALTER TABLE accounts ADD COLUMN longest_overlap INTEGER NOT NULL DEFAULT 30 CHECK (longest_overlap BETWEEN 0 AND 365);

-- The hashes of Auth Tokens that no longer pass, for 90 days from `retired_at` on, so that a later use is recognized.
CREATE TABLE retired_secrets (
    token_id BLOB NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
    retired_at INTEGER NOT NULL,
    PRIMARY KEY (token_id, secret_hash)
) STRICT;

-- The first and last use of each Auth Token from each address while an overlap is open. An Auth Token is named by when it
-- was issued. Addresses beyond the first hundred are kept together, under an empty text.
CREATE TABLE value_uses (
    token_id BLOB NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    issued_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (token_id, issued_at, address)
) STRICT;

-- Calls with an Auth Token that no longer passes, by address, for 90 days from `last_at` on; the first hundred addresses
-- apart, the others under an empty text. `told_at` is when the audit trail last told of them.
CREATE TABLE retired_uses (
    token_id BLOB NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    told_at INTEGER NOT NULL,
    PRIMARY KEY (token_id, address)
) STRICT;
