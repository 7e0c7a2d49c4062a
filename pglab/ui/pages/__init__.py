"""The pages, each made of a stage, controls and chapters."""
