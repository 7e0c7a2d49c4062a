"""The stage: the part of a page that shows a run as numbers, plots and a video."""
