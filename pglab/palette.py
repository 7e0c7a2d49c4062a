"""The colours of all pages; each colour has only one meaning.

The colours follow the palettes by Okabe & Ito and by Tol, so colour-blind readers can distinguish
them. Each colour is legible on a white background and on an almost black background.
"""

from typing import Literal, NamedTuple

ThemeName = Literal["light", "dark"]


class Theme(NamedTuple):
    """The colours of a page, without its figures. `.streamlit/config.toml` has the same colours."""

    background: str
    text: str
    border: str


THEMES: dict[ThemeName, Theme] = {
    "light": Theme(background="#FFFFFF", text="#221D28", border="#DCD6E2"),
    "dark": Theme(background="#15131A", text="#ECE8F0", border="#423B4D"),
}

LEFT = "#3B82C4"
RIGHT = "#E6940A"
MIDDLE = "#8C8C8C"  # the middle action of three actions
OTHER_ACTIONS = "#5F6368"  # probability 0 of an action, if there are three or more actions
NEUTRAL = "#F5F5F2"  # the probability that every action has in a uniform policy

ACTOR = "#D55E00"
CRITIC = "#009E73"

# `LESS` marks what an update decreased, and `MORE` marks what an update increased.
LESS, MORE = "#7D5BB5", "#8F8400"

THIS_RUN = "#B0489A"
EARLIER_RUN = "#8A8F98"
GUESS = "#A5672F"  # the visitor's guess about a run
SIDES = ("#AA3377", "#2FA193", "#A6A11E", "#7A78D8")  # the agents A, B, C, D of a comparison
# The four estimators of the gradient lab, in order: whole-episode return, reward-to-go alone,
# reward-to-go minus the mean baseline, reward-to-go minus V(s).
ESTIMATORS = ("#758A1F", "#CF4C66", "#2B90AB", CRITIC)
USUAL_BAND = "rgba(138, 143, 152, 0.22)"
USUAL_LINE = "rgba(138, 143, 152, 0.75)"

# A low value is light, and a high value is dark green. A negative advantage is grey, and a positive
# advantage is green. A new transition is dark blue, and an old transition is pale. On a map over
# settings, a bad result is light, and a good result is dark.
VALUE_SCALE = [[0.0, NEUTRAL], [0.5, CRITIC], [1.0, "#00382A"]]
ADVANTAGE_SCALE = [[0.0, "#4A4E54"], [0.5, NEUTRAL], [1.0, CRITIC]]
MAP_SCALE = [[0.0, NEUTRAL], [0.5, "#C97BB9"], [1.0, "#4A1140"]]
AGE_SCALE = [[0.0, "#28337A"], [0.5, "#6E8FBF"], [1.0, "#D5D9DE"]]

PATH = "#1F1F1F"


def band_colour(colour: str) -> str:
    """A transparent version of `colour` (#RRGGBB), for the band around a median curve."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.22)"


def probability_colours(action: int, actions: int) -> tuple[str, str]:
    """Two colours for an action: one for probability 0, and one for probability 1.

    If there are only two actions, the colour for probability 0 is the colour of the other action.
    """
    colours = action_colours(actions)
    return (colours[1 - action] if actions == 2 else OTHER_ACTIONS, colours[action])


def action_colours(actions: int) -> tuple[str, ...]:
    """The colours of all actions: `LEFT` for the first, `RIGHT` for the last, else `MIDDLE`."""
    return (LEFT, *[MIDDLE] * (actions - 2), RIGHT)
