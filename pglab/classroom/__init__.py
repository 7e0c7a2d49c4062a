"""Lessons: their files and links, the library's copies, worksheets and what students answer."""
