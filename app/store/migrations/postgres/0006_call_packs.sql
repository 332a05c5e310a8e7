-- Calls are kept in packs, whose form `call_pack.rs` describes, instead of one by one.
--
-- A pack has its `id` before it is written: written again, where nobody knows whether it was, it is not there twice.
-- `last_at` is when the last call of the pack came, in microseconds, `calls` how many it has. `counted` says that they are
-- in `calls_by_day`, too. No foreign keys, as before: one call that does not fit would keep all others from being written.
CREATE TABLE call_packs (
    id UUID PRIMARY KEY,
    account_id UUID NOT NULL,
    last_at BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    counted BOOLEAN NOT NULL DEFAULT FALSE,
    pack BYTEA NOT NULL
);

CREATE INDEX call_packs_by_account ON call_packs (account_id, last_at, id);
CREATE INDEX call_packs_to_count ON call_packs (account_id, last_at, id) WHERE NOT counted;

-- Each call that was kept one by one becomes a pack of its own, with its number as its id. The numbers' own bytes are more
-- than are needed.
INSERT INTO call_packs (id, account_id, last_at, calls, pack)
SELECT lpad(to_hex(id), 32, '0')::uuid, account_id, at, 1,
    '\x01'::bytea
    || '\x0001' || substring(int8send(length(scope)) FROM 8) || convert_to(scope, 'UTF8')
    || '\x0001' || substring(int8send(length(address)) FROM 8) || convert_to(address, 'UTF8')
    || '\x0001' || uuid_send(token_id)
    || '\x000000000000' || substring(int8send(status) FROM 7)
    || '\x00000000' || substring(int8send(least(latency, 4294967295)) FROM 5)
FROM calls ORDER BY id;

DROP TABLE calls;
