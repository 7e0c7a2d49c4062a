"""Shares one machine among the runs of all visitors: threads, turns and places on a server."""
