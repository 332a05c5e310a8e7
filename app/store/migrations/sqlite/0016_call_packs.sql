-- Calls are kept in packs, whose form `call_pack.rs` describes, instead of one by one.
--
-- A pack has its `id` before it is written: written again, where nobody knows whether it was, it is not there twice.
-- `last_at` is when the last call of the pack came, in microseconds, `calls` how many it has. `counted` says that they are
-- in `calls_by_day`, too. No foreign keys, as before: one call that does not fit would keep all others from being written.
CREATE TABLE call_packs (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    account_id BLOB NOT NULL,
    last_at INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    counted INTEGER NOT NULL DEFAULT 0 CHECK (counted IN (0, 1)),
    pack BLOB NOT NULL
) STRICT;

CREATE INDEX call_packs_by_account ON call_packs (account_id, last_at, id);
CREATE INDEX call_packs_to_count ON call_packs (account_id, last_at, id) WHERE NOT counted;

-- Each call that was kept one by one becomes a pack of its own, with its number as its id.
INSERT INTO call_packs (id, account_id, last_at, calls, pack)
SELECT unhex(printf('%032X', id)), account_id, at, 1, unhex(
    '01'
    || '0001' || printf('%02X', length(scope)) || hex(scope)
    || '0001' || printf('%02X', length(address)) || hex(address)
    || '0001' || hex(token_id)
    || '000000000000' || printf('%04X', status) || '00000000' || printf('%08X', min(latency, 4294967295))
)
FROM calls ORDER BY id;

DROP TABLE calls;
