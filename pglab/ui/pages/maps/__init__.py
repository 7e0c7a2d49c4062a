"""The page *Maps*, which shows results for many values of a setting, each with many seeds."""
