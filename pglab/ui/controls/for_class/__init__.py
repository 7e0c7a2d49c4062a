"""What an agent's page has for a student whose class trains."""
