"""The lesson that a visitor takes: its bar above every page, and the ways between its steps."""
