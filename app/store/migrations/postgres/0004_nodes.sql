-- Server processes that use the database, and what each still has to take out of its verification cache: see `nodes.rs`.
CREATE TABLE nodes (
    id UUID PRIMARY KEY,
    lease_until TIMESTAMPTZ NOT NULL
);

-- Either a token, by its Account SID, or all of an account's.
CREATE TABLE evictions (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    change_id UUID NOT NULL,
    node_id UUID NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    sid TEXT COLLATE "C",
    account_id UUID,
    CHECK ((sid IS NULL) <> (account_id IS NULL))
);

CREATE INDEX evictions_by_node ON evictions (node_id, id);
CREATE INDEX evictions_by_change ON evictions (change_id);

-- What accounts have called of late: see `allowances.rs`. `back_at` is when all calls have come back, in microseconds since
-- the Unix epoch. It is of the moment: a crash may forget it.
CREATE UNLOGGED TABLE call_allowances (
    account_id UUID NOT NULL,
    call_group TEXT COLLATE "C" NOT NULL,
    back_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, call_group)
);
