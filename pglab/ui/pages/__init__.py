"""The pages of the program, which combine panels, controls and chapters."""
