"""The controls of a page: settings, buttons, speed, heatmaps and seeds."""
