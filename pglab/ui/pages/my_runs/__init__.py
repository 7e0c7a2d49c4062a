"""The page *My runs*: the stored runs of this visitor."""
