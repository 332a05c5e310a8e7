-- The calls of each token that the gate let pass, by all that its decision depends on, so that a change can be rehearsed.
-- An empty `address` stands for those beyond the most that are told apart; `version` is 0 if it is unknown. They are kept as
-- long as the calls themselves.
CREATE TABLE passed_calls (
    account_id BLOB NOT NULL,
    token_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    scope TEXT NOT NULL,
    version INTEGER NOT NULL,
    address TEXT NOT NULL,
    calls INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, token_id, day, scope, version, address)
) STRICT, WITHOUT ROWID;

CREATE INDEX passed_calls_by_day ON passed_calls (day);
