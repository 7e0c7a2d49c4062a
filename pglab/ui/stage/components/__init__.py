"""Small components that make the browser scroll, jump over a part, or request the page again."""
