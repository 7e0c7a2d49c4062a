"""Controls: settings, transport, speed, heatmaps, seeds."""
