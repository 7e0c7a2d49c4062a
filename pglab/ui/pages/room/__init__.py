"""The pages of a class: the teacher's page, and the wall, which the whole class sees."""
