"""One colour, one meaning, on every page.

From the sets of Okabe & Ito and of Tol, which colour-blind readers can tell apart; each is
legible on white and on near-black.
"""

LEFT = "#3B82C4"
RIGHT = "#E6940A"
MIDDLE = "#8C8C8C"  # the action between the two, where an environment has three
OTHER_ACTIONS = "#5F6368"  # where an action of three or more is never taken
NEUTRAL = "#F5F5F2"  # probability one half, between left and right

ACTOR = "#D55E00"
CRITIC = "#009E73"

# What an update changed: less, more.
LESS, MORE = "#7D5BB5", "#8F8400"

THIS_RUN = "#B0489A"
EARLIER_RUN = "#8A8F98"
GUESS = "#A5672F"  # what the visitor expects of a run
SIDES = ("#AA3377", "#2FA193", "#A6A11E", "#7A78D8")  # of a comparison: A, B, C, D
# Of the gradient lab: whole-episode return, reward-to-go, minus a mean, minus what a critic says.
ESTIMATORS = ("#758A1F", "#CF4C66", "#2B90AB", CRITIC)
USUAL_BAND = "rgba(138, 143, 152, 0.22)"
USUAL_LINE = "rgba(138, 143, 152, 0.75)"

# Light is little, dark green much; grey is less than nothing. Old is pale, fresh is dark blue.
VALUE_SCALE = [[0.0, NEUTRAL], [0.5, CRITIC], [1.0, "#00382A"]]
ADVANTAGE_SCALE = [[0.0, "#4A4E54"], [0.5, NEUTRAL], [1.0, CRITIC]]
AGE_SCALE = [[0.0, "#28337A"], [0.5, "#6E8FBF"], [1.0, "#D5D9DE"]]

PATH = "#1F1F1F"


def band_colour(colour: str) -> str:
    """Of the area around a median over seeds that is drawn in this colour, #RRGGBB."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.22)"


def probability_colours(action: int, actions: int) -> tuple[str, str]:
    """Colours of probability 0 and 1 of an action: of two, 0 means that the other is certain."""
    colours = action_colours(actions)
    return (colours[1 - action] if actions == 2 else OTHER_ACTIONS, colours[action])


def action_colours(actions: int) -> tuple[str, ...]:
    """A colour for each action: first left, last right."""
    return (LEFT, *[MIDDLE] * (actions - 2), RIGHT)
