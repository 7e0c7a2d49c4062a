"""The commands of `pglab` that train, list, export and import runs."""
