"""Commands that measure the speed, make the stored files, and check the claims of the pages."""
