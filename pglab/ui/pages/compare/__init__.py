"""The page *Compare*, which shows agents side by side."""
