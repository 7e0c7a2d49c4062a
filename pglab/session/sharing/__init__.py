"""How the runs of all visitors share one machine: threads, turns, and places on a full server."""
