"""Training runs that a page drives: they advance on request and keep their history."""
