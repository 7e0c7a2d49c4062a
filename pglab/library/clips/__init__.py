"""Makes clips: videos of one episode that a run's policy has played."""
