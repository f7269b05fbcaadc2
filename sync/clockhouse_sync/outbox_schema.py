"""The outbox's tables, version by version, and how its lines are found without an index that every append pays for."""

from typing import Final

APPLICATION_ID: Final = 0x434C4F42
SPAN: Final = 256
"""Of so many lines in a row the store knows how late the latest is stamped; the schema below says so too."""

SCHEMA: Final = (
    """
    CREATE TABLE owner (device_id TEXT NOT NULL) STRICT;
    CREATE TABLE lines (
        position INTEGER PRIMARY KEY,
        epoch TEXT NOT NULL,
        seq INTEGER NOT NULL,
        hash TEXT NOT NULL,
        prev TEXT,
        type TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        raw BLOB,
        UNIQUE (epoch, seq)
    ) STRICT;
    CREATE INDEX lines_by_instant ON lines (at_ms);
    CREATE INDEX held_lines ON lines (epoch, seq) WHERE raw IS NOT NULL;
    CREATE TABLE epochs (
        number INTEGER PRIMARY KEY,
        epoch TEXT NOT NULL UNIQUE,
        newest INTEGER NOT NULL,
        hash TEXT NOT NULL,
        held INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX held_epochs ON epochs (number) WHERE held;
    CREATE TABLE beside (
        hash TEXT PRIMARY KEY,
        position INTEGER NOT NULL REFERENCES lines,
        salt BLOB NOT NULL,
        content BLOB NOT NULL
    ) STRICT;
    CREATE INDEX beside_by_line ON beside (position);
    """,
    """
    CREATE TABLE unwritten (
        reading TEXT PRIMARY KEY,
        boot_id TEXT NOT NULL,
        draft BLOB NOT NULL
    ) STRICT;
    """,
    # Each page that an append touches goes to the disk whole. Two indexes were such pages: of lines with bytes,
    # which `oldest` of their epoch tells as well, and of instants, of which one row for each span of lines tells
    # enough. Such a row is written when the next span begins; until then nobody knows what else stands in it.
    """
    ALTER TABLE epochs ADD COLUMN oldest INTEGER NOT NULL DEFAULT 1;
    UPDATE epochs SET oldest = coalesce(
        (SELECT min(seq) FROM lines WHERE lines.epoch = epochs.epoch AND raw IS NOT NULL), newest + 1
    );
    DROP INDEX held_lines;
    CREATE TABLE spans (first INTEGER PRIMARY KEY, latest_ms INTEGER) STRICT;
    INSERT INTO spans SELECT (position - 1) / 256 * 256 + 1, max(at_ms) FROM lines GROUP BY 1;
    UPDATE spans SET latest_ms = NULL WHERE first = (SELECT max(first) FROM spans);
    DROP INDEX lines_by_instant;
    """,
)

VERSIONS: Final = len(SCHEMA)
"""How far this program knows the store's schema."""
TELLS_OLDEST: Final = 3
"""From this version on each epoch tells where its bytes begin."""

SINCE: Final = (
    "spans CROSS JOIN lines"
    f" ON (latest_ms IS NULL OR latest_ms >= ?1) AND position >= first AND position < first + {SPAN} AND at_ms >= ?1"
)
"""Lines stamped at or after an instant, in the order they were made: only spans that may hold some are read."""

HELD: Final = "epochs CROSS JOIN lines USING (epoch) WHERE held AND seq >= oldest AND raw IS NOT NULL"
"""Lines that have their bytes."""
