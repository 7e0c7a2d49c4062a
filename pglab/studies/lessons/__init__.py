"""The figures in the lessons: their runs, the sentences that hold them, and a check."""
