"""The player: it shows the environment as a video, and can be stopped at any frame."""
