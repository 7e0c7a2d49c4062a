"""Lessons: their files, links, stored copies and worksheets, and the answers of students."""
