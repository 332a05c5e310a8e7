-- Nodes take calls in shares now, so few rows are written: a crash of the database need not forget them, and let accounts
-- make their calls once more.
ALTER TABLE call_allowances SET LOGGED;

-- Earlier versions kept microseconds; there have been no fewer nanoseconds since 1973.
UPDATE call_allowances SET back_at = back_at * 1000 WHERE back_at BETWEEN 1 AND 100000000000000000;
