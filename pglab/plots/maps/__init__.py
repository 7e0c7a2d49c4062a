"""The figures of maps, of ladders and of comparisons over many seeds."""
