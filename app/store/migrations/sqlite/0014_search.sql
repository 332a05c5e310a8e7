-- The search for a part of a name, of 3 characters and more: an index of trigrams each for tokens and for the audit trail.
-- It knows rows by a number of its own, because those that SQLite gives them may change with VACUUM. The names are folded
-- already.
CREATE TABLE token_search_numbers (
    number INTEGER NOT NULL PRIMARY KEY,
    token_id BLOB NOT NULL UNIQUE
) STRICT;

CREATE VIRTUAL TABLE token_search USING fts5 (
    name_folded, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
);

INSERT INTO token_search_numbers (token_id) SELECT id FROM tokens;
INSERT INTO token_search (rowid, name_folded)
SELECT number, name_folded FROM token_search_numbers JOIN tokens ON tokens.id = token_id;

CREATE TRIGGER token_search_insert AFTER INSERT ON tokens BEGIN
    INSERT INTO token_search_numbers (token_id) VALUES (new.id);
    INSERT INTO token_search (rowid, name_folded)
    SELECT number, new.name_folded FROM token_search_numbers WHERE token_id = new.id;
END;

CREATE TRIGGER token_search_update AFTER UPDATE OF name_folded ON tokens WHEN new.name_folded <> old.name_folded BEGIN
    UPDATE token_search SET name_folded = new.name_folded
    WHERE rowid = (SELECT number FROM token_search_numbers WHERE token_id = old.id);
END;

CREATE TRIGGER token_search_delete AFTER DELETE ON tokens BEGIN
    DELETE FROM token_search WHERE rowid = (SELECT number FROM token_search_numbers WHERE token_id = old.id);
    DELETE FROM token_search_numbers WHERE token_id = old.id;
END;

CREATE TABLE audit_search_numbers (
    number INTEGER NOT NULL PRIMARY KEY,
    event_id BLOB NOT NULL UNIQUE
) STRICT;

CREATE VIRTUAL TABLE audit_search USING fts5 (
    names_folded, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
);

INSERT INTO audit_search_numbers (event_id) SELECT id FROM audit_events;
INSERT INTO audit_search (rowid, names_folded)
SELECT number, names_folded FROM audit_search_numbers JOIN audit_events ON audit_events.id = event_id;

CREATE TRIGGER audit_search_insert AFTER INSERT ON audit_events BEGIN
    INSERT INTO audit_search_numbers (event_id) VALUES (new.id);
    INSERT INTO audit_search (rowid, names_folded)
    SELECT number, new.names_folded FROM audit_search_numbers WHERE event_id = new.id;
END;

CREATE TRIGGER audit_search_update AFTER UPDATE OF names_folded ON audit_events
WHEN new.names_folded <> old.names_folded BEGIN
    UPDATE audit_search SET names_folded = new.names_folded
    WHERE rowid = (SELECT number FROM audit_search_numbers WHERE event_id = old.id);
END;

CREATE TRIGGER audit_search_delete AFTER DELETE ON audit_events BEGIN
    DELETE FROM audit_search WHERE rowid = (SELECT number FROM audit_search_numbers WHERE event_id = old.id);
    DELETE FROM audit_search_numbers WHERE event_id = old.id;
END;
