"""The code that all pages share: start of a script run, menu, link, fragments and messages."""
