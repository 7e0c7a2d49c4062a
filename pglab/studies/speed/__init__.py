"""How fast the engines train, beside a plain loop."""
