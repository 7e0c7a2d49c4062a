"""The lesson that a visitor takes: a bar above every page leads from step to step."""
