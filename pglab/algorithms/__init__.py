"""The algorithms: one generator of records for each family."""
