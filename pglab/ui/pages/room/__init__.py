"""The pages of a class: the teacher's page, and the wall that all can see."""
