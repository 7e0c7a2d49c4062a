"""One readable generator per algorithm family."""
