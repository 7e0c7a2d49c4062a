"""Makes the stored maps and the stored ladder."""
