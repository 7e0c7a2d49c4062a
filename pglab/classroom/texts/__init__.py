"""Makes texts of unknown people harmless, for the pages and for print."""
