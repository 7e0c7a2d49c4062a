"""Clips of a run's policy: one episode as a video file."""
