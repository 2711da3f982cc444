-- readable from: 1
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    room BLOB NOT NULL UNIQUE,
    mesh BLOB NOT NULL,
    name TEXT NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    room BLOB NOT NULL,
    author BLOB NOT NULL,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX places ON batches (room, author, first);

-- Damaged rows as they were found, of whatever type their columns have become.
CREATE TABLE quarantine (id INTEGER PRIMARY KEY, room, author, first, count, checksum, data);
