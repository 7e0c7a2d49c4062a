"""The way into the app, and what every page needs."""
