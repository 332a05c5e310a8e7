-- The calls of each token that the gate let pass, by all that its decision depends on, so that a change can be rehearsed.
-- An empty `address` stands for those beyond the most that are told apart; `version` is 0 if it is unknown. They are kept as
-- long as the calls themselves.
CREATE TABLE passed_calls (
    account_id UUID NOT NULL,
    token_id UUID NOT NULL,
    day BIGINT NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    calls BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, token_id, day, scope, version, address)
);

CREATE INDEX passed_calls_by_day ON passed_calls (day);
