"""The chapters of a page. Chapters are the sections below the stage."""
