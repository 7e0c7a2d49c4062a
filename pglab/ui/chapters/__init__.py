"""What stands below the stage: the chapters, and what is in each."""
