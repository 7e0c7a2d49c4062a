"""The ladder from one agent to another: which of their differences change the return."""
