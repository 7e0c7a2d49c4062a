"""The library of runs in a database: it saves, finds and lists runs, and deletes old ones."""
