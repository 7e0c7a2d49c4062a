"""The connections of phones, and the rooms that they show."""
