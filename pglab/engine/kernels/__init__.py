"""The compiled functions, called kernels: environments, networks, loops of both algorithms."""
