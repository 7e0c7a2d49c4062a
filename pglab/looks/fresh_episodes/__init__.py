"""New episodes of a policy: for the video, for an evaluation, and many in parallel."""
