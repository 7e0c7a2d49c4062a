"""The pages, put together from stage, controls and chapters."""
