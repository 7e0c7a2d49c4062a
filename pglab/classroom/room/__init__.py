"""A room in which a class predicts, trains and sees its results; the library stores all data."""
