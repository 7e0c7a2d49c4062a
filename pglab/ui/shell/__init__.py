"""Code that all pages share: the start of a script run, the menu, links, fragments and messages."""
