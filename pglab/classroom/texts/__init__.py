"""Texts of other people, made harmless: for the pages and for print."""
