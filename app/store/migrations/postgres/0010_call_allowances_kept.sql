-- Nodes take calls in shares now, so few rows are written: a crash of the database need not forget them, and let accounts
-- make their calls once more.
ALTER TABLE call_allowances SET LOGGED;
