"""A room in which a class predicts, trains and sees itself; the library keeps everything of it."""
