"""The maps that come with the repository: plans, file format, and claims about the results."""
