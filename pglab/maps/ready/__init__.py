"""The maps that come with the repository: their plans, their file format, and their claims."""
