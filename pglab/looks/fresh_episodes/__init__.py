"""Plays new episodes of a policy: for the video, for an evaluation, or many in parallel."""
