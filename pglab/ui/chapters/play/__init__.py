"""The chapter *Play it yourself*: the visitor or the agent plays CartPole in the browser."""
