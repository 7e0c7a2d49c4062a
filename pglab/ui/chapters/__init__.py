"""The chapters of a page: the sections below the stage, which shows the run."""
