"""The player: it shows the environment as a video, and may be stopped at any frame."""
