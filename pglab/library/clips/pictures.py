"""Draws the pictures of a clip: the environment, and a bar for the probability of each action."""

from __future__ import annotations

import math
from functools import cache, lru_cache
from importlib.resources import as_file, files
from typing import NamedTuple

from PIL import Image, ImageColor, ImageDraw, ImageFont

from pglab.language import _
from pglab.library.clips.replay import Replay
from pglab.looks.fresh_episodes.demonstration import Scene
from pglab.looks.render import shared_renderer
from pglab.palette import THEMES, ThemeName, action_colours

# All lengths are in pixels.
MARGIN = 16
HEADER = 34
SIDE = 240  # width of the column with the bars
TITLE_FONT, FONT, SMALL_FONT = 19, 16, 14
LINE = 22  # height of a line of text
ASCENT = 16  # from the top of a line to the baseline of its text
BAR = 20  # height of a bar
GAP = 18  # below a bar

FINER = 4  # texts are drawn so many times larger first, so that their letters are spaced evenly
MUTED, TRACK = 0.68, 0.14  # shares of the text's colour, as in the app's style sheet

Colour = tuple[int, int, int]


class Box(NamedTuple):
    """A rectangle that does not include its right and its lower edge."""

    left: int
    top: int
    right: int
    bottom: int


class Painter:
    """Draws the pictures of one episode. Parts that never change are drawn only once."""

    def __init__(self, episode: Replay, theme: ThemeName) -> None:
        self._episode = episode
        self._renderer = shared_renderer(episode.env_id)
        self._names = [_(name) for name in episode.info.actions]
        self._returns = episode.returns
        colours = THEMES[theme]
        self._background, self._text, self._border = map(_rgb, colours)
        self._muted, self._track = (self._faded(share) for share in (MUTED, TRACK))
        self._fills = [_rgb(colour) for colour in action_colours(len(self._names))]
        width, height = self._renderer.size
        self._screen = (MARGIN, MARGIN + HEADER)
        self._left = 2 * MARGIN + width  # of the column with the bars
        # H.264 with yuv420p needs even numbers.
        self.size = (_even(self._left + SIDE + MARGIN), _even(height + HEADER + 2 * MARGIN))
        self._still = self._unmoving()

    @property
    def colours(self) -> list[Colour]:
        """The colours of the background, the texts, the border and the bars."""
        around = [self._background, self._text, self._muted, self._track, self._border]
        return [*around, *self._fills]

    def bar(self, action: int) -> Box:
        """Return the rectangle that an action's bar fills if the action has the probability 1."""
        block = LINE + BAR + GAP
        texts = 5 * LINE  # below the bars
        middle = self._screen[1] + self._renderer.size[1] // 2
        top = middle - (len(self._names) * block + texts) // 2 + action * block + LINE
        return Box(self._left, top, self._left + SIDE, top + BAR)

    def picture(self, index: int) -> Image.Image:
        """Draw one scene of the episode."""
        scene = self._episode.scenes[index]
        image = self._still.copy()
        image.paste(Image.fromarray(self._renderer.frame(scene.observation)), self._screen)
        for action in range(len(self._names)):
            self._draw_bar(image, scene, action)
        self._draw_caption(image, scene, self._returns[index])
        return image

    def _unmoving(self) -> Image.Image:
        """Draw what all pictures of the episode have in common."""
        image = Image.new("RGB", self.size, self._background)
        left, top = self._screen
        title, baseline = self._episode.env_id, MARGIN + TITLE_FONT
        _write(image, (left, baseline), title, TITLE_FONT, self._text)
        after = left + _mask(title, TITLE_FONT).width + MARGIN
        _write(image, (after, baseline), _subtitle(self._episode.updates), SMALL_FONT, self._muted)
        width, height = self._renderer.size
        frame = (left - 1, top - 1, left + width, top + height)
        ImageDraw.Draw(image).rectangle(frame, outline=self._border)
        return image

    def _draw_bar(self, image: Image.Image, scene: Scene, action: int) -> None:
        """Draw the bar, the name and the probability of an action; mark the chosen action."""
        (left, top, right, bottom), probability = self.bar(action), scene.probabilities[action]
        chosen = scene.action == action
        colour = self._text if chosen else self._muted
        line = top - 6
        draw = ImageDraw.Draw(image)
        if chosen:
            draw.polygon([(left, line - 11), (left, line - 1), (left + 9, line - 6)], colour)
        percentage = f"{probability:.0%}"
        _write(image, (left + 15, line), self._names[action], FONT, colour)
        _write(image, (right - _mask(percentage, FONT).width, line), percentage, FONT, colour)
        draw.rectangle((left, top, right - 1, bottom - 1), self._track)
        end = left + round(float(probability) * (right - left))
        if end > left:
            draw.rectangle((left, top, end - 1, bottom - 1), self._fills[action])
        if chosen:
            frame = (left - 3, top - 3, right + 2, bottom + 2)
            draw.rectangle(frame, outline=self._text, width=2)

    def _draw_caption(self, image: Image.Image, scene: Scene, so_far: float) -> None:
        """Write the step and the return so far; in the last scene, write why the episode ended."""
        number = f"{so_far:g}".replace("-", "−")
        told = _("return {number}") if scene.ended else _("return so far {number}")
        rows = [
            (_("step {step}").format(step=scene.step), FONT, self._text),
            (told.format(number=number), FONT, self._text),
        ]
        if scene.ended:
            ending = _wrapped(self._ending(scene), SMALL_FONT, SIDE)
            rows += [(row, SMALL_FONT, self._muted) for row in ending]
        baseline = self.bar(len(self._names) - 1).bottom + GAP + ASCENT
        for row, (text, size, colour) in enumerate(rows):
            _write(image, (self._left, baseline + row * LINE), text, size, colour)

    def _ending(self, scene: Scene) -> str:
        if scene.truncated:
            return _("truncated: time limit of {n} steps").format(n=scene.step)
        return _("terminated: {reason}").format(reason=_(self._episode.info.end))

    def _faded(self, share: float) -> Colour:
        """Mix the colour of the text into the background."""
        pairs = zip(self._text, self._background, strict=True)
        red, green, blue = (round(share * front + (1 - share) * back) for front, back in pairs)
        return red, green, blue


def _subtitle(updates: int) -> str:
    if updates == 0:
        return _("fresh episode of the untrained policy")
    return _("fresh episode, policy after update {update:,}").format(update=updates)


def _wrapped(text: str, size: int, width: int) -> list[str]:
    """Break a text into lines of at most `width` pixels. A wider word has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _mask(longer, size).width <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _write(
    image: Image.Image, place: tuple[int, int], text: str, size: int, colour: Colour
) -> None:
    """Write a text; `place` is the left end of its baseline."""
    left, baseline = place
    image.paste(colour, (left, baseline - ASCENT), _mask(text, size))


@lru_cache(1_000)
def _mask(text: str, size: int) -> Image.Image:
    """Draw a line of text in white on black, with letters about `size` pixels high."""
    font = _font(FINER * size)
    width = math.ceil(font.getlength(text) / FINER)
    fine = Image.new("L", (FINER * width, FINER * LINE))
    ImageDraw.Draw(fine).text((0, FINER * ASCENT), text, 255, font, anchor="ls")
    return fine.resize((width, LINE), Image.Resampling.BOX)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Load the font that pygame contains, so that a clip looks the same on every machine."""
    with as_file(files("pygame") / "freesansbold.ttf") as path:
        return ImageFont.truetype(path, size)


def _rgb(colour: str) -> Colour:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def _even(length: int) -> int:
    return length + length % 2
