"""The process of the app: its start, its name behind a proxy, and its memory."""
