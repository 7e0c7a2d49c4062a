"""Commands for developers: the benchmark, stored runs, checks of the pages' claims."""
