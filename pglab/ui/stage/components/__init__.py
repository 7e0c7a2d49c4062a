"""Small components that let the browser act: scroll, jump over a part, and ask for a page again."""
