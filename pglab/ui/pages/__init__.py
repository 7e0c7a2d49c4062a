"""The pages of the app. A page combines panels, controls and chapters."""
