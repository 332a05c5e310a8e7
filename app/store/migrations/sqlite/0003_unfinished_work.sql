-- Work of several transactions that was begun and is not finished.
CREATE TABLE unfinished_work (
    name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
