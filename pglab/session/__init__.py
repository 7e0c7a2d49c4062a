"""A run that somebody drives: it advances on request and remembers what happened."""
