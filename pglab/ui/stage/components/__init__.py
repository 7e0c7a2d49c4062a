"""Small components that let the browser scroll, skip to a part, or request the page again."""
