"""The page that puts agents side by side."""
