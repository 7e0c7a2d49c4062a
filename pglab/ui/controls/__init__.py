"""The controls of a page: settings, transport, speed, heatmaps and seeds."""
