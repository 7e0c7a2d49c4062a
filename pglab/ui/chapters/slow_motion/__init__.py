"""The chapter *Slow motion*, which shows one update phase by phase."""
