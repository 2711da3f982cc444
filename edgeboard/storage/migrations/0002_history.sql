-- readable from: 1
-- What floors have let go of, oldest first; releases of schema 1 leave it alone.
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    room BLOB NOT NULL,
    ops INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
