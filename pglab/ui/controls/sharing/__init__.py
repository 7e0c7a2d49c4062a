"""The controls for what leaves a page or comes back to it: links, stored runs, files."""
