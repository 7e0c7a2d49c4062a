"""The chapters below the stage, and their contents."""
