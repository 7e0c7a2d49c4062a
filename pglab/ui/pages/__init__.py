"""The pages, assembled from the stage, the controls and the chapters."""
