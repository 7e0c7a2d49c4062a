"""The texts that the script of a phone's page shows."""

from __future__ import annotations

from pglab.language import _


def words_of_script() -> dict[str, str]:
    """Return the texts by their names in the script. "{n}" and "{total}" stand for numbers."""
    return {
        # What happens now
        "connecting": _("Connecting…"),
        "lost": _("No connection. Trying again…"),
        "ended": _("The room has ended."),
        "wall": _("Look at the wall."),
        "soon": _("The question comes soon."),
        "answerNow": _("Answer the question."),
        "sending": _("Sending your answer…"),
        "sendingShort": _("Sending…"),
        "received": _("Received ✓"),
        "closed": _("The question is closed."),
        "counts": _("The question is closed. Your answer counts."),
        "revealed": _("This is how the class answered."),
        "elsewhere": _("Your room is open in another window."),
        "here": _("Show it here"),
        "trainNow": _("Train your own run now."),
        "runNow": _("Your teacher shows a run."),
        "refused": _("Something went wrong. Load this page again."),
        # The step and its question
        "step": _("Step {n} of {total}"),
        "member": _("You are number {n}."),
        "task": _("Task"),
        "page": _("Open the page of this task"),
        "question": _("Question"),
        "answer": _("Send my answer"),
        "once": _("You cannot change your answer afterwards."),
        "back": _("Back"),
        "next": _("Next"),
        "train": _("Train your own run"),
        # The teacher's run
        "run": _("The teacher's run: {title}"),
        "runLost": _("No connection to the run. Trying again…"),
        "runLeft": _("The teacher has left the page of this run. The run waits."),
        "runGone": _("The teacher has closed this run, or shares it no longer."),
        "runFull": _("Too many people watch this run. Trying again…"),
        "runEnded": _("The teacher has stopped showing the run."),
        "runFailed": _("The run cannot be shown. Load this page again."),
        # The answers of the class
        "count": _("{n} of {total}"),
        "yours": _("your answer"),
        "right": _("right") + " ✓",
        "lessonAnswer": _("The answer"),
        "nobody": _("Nobody has answered."),
        "returns": _("Mean return"),
        "steps": _("environment steps"),
        "yourSketch": _("your sketch"),
        "median": _("median of {n} sketches"),
        "quartiles": _("half of the sketches"),
    }
