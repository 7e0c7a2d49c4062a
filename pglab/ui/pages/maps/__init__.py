"""The page *Maps*, which shows results over all values of a setting and over many seeds."""
