"""Settings of the process in which the tests run."""

from pglab.networks import use_one_thread

use_one_thread()  # as the app and the commands do
