"""Options of commands: the agent, a setting that varies, and the parts of a bundle."""
