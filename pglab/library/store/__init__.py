"""The library of runs in a database: it saves, finds, lists and tidies runs."""
