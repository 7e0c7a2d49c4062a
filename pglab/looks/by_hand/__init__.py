"""An episode that a visitor has played by hand: its check, and what a run would learn from it."""
