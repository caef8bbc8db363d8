# SPDX-License-Identifier: MIT
"""What each module does, as a function of a board, the options and check mode. What comes back is the task's result."""

from ansible_collections.overlaykit.board.plugins.module_utils.deployment import deploy
from ansible_collections.overlaykit.board.plugins.module_utils.program import Board, Refused, warnings_of
from ansible_collections.overlaykit.board.plugins.module_utils.standing import (
    facts_of,
    generation_of,
    goes_back_already,
    is_confirmed,
    nothing_to_go_back_to,
)


def perform(verb, params, check_mode, environment=None):
    """Does what the module of this name does; never raises Refused."""
    board = None
    try:
        board = Board(params, environment)
        result = VERBS[verb](board, params, check_mode)
    except Refused as refused:
        return refused.result
    return {"changed": False, "cmd": board.command, **result}


def status(board, _params, _check_mode):
    """Facts of a board. One that has troubles was asked all the same, so that is no failure."""
    document = board.look("status")
    facts = facts_of(board.host, document)
    return {"ansible_facts": {"overlaykit": facts}, "status": facts, "warnings": warnings_of(document)}


def usage(board, _params, _check_mode):
    """What fills the writable layer."""
    document = board.look("usage")
    return {"usage": document["usage"], "warnings": warnings_of(document)}


def confirm(board, _params, check_mode):
    """Says that the running boot is a good one, unless that was said."""
    if is_confirmed(board.look("status")):
        return {}
    return done(board, check_mode, "confirm")


def rollback(board, params, check_mode):
    """Goes back at the next boot. Twice is not forth again: what was asked for already is not asked for again."""
    document = board.look("status")
    to = params.get("to")
    if to is None:
        if goes_back_already(document):
            return {}
        if check_mode and nothing_to_go_back_to(document):
            raise Refused({"msg": "there is no generation to go back to", "board_state": "unchanged"})
        return done(board, check_mode, "rollback", ["--yes"])
    generation = generation_of(document, to)
    if generation is None and check_mode:
        raise Refused({"msg": f"there is no generation {to}", "board_state": "unchanged"})
    state = document["status"].get("state") or {}
    if generation is not None and state.get("trying") is None and state.get("active") == generation["number"]:
        return {}
    return done(board, check_mode, "rollback", ["--yes", "--to", to])


def reset(board, params, check_mode):
    """Forgets changes at the next boot, unless nothing goes, or that was asked for already."""
    path = params.get("path")
    if path is not None and not path.startswith("/"):
        # ovl takes a word without a slash in front for another board.
        raise Refused({"msg": f"path is {path!r}, which does not begin with a slash", "board_state": "unchanged"})
    if not check_mode and not params.get("sure"):
        what = "all changes on the board" if path is None else f"the changes at {path}"
        msg = f"reset forgets {what} for good\nfix: say sure: true"
        raise Refused({"msg": msg, "board_state": "unchanged"})
    before = board.look("status")["status"].get("pending", {})
    if before.get("reset"):
        return {"goes": [], "stays": []}
    words = [board.host, *([] if path is None else [path])]
    forecast = board.look("reset", ["--dry-run"], words)
    told = {"goes": forecast["goes"], "stays": forecast["stays"], "diff": gone(forecast)}
    # A helper of before says nothing of it, and asks twice.
    if not forecast["goes"] or not forecast.get("changed", True):
        return told
    return {**done(board, check_mode, "reset", ["--yes"], words), **told}


def gone(forecast):
    """What goes, as a difference of the list of changes."""
    lines = [f"{row['what']}  {row['bytes']} bytes in {row['inodes']} inodes\n" for row in forecast["goes"]]
    stays = [f"{row['what']}\n" for row in forecast["stays"]]
    return {
        "before_header": "changes that the board keeps",
        "after_header": "after its next boot",
        "before": "".join(stays + lines),
        "after": "".join(stays),
    }


def snapshot(board, params, check_mode):
    """Copies the running generation, unless there is one of that name."""
    name = params.get("name")
    if name is None:
        return done(board, check_mode, "snapshot")
    generation = generation_of(board.look("status"), name)
    if generation is not None:
        return {"generation": generation}
    return done(board, check_mode, "snapshot", ["--name", name])


def restart(board, params, check_mode):
    """Restarts the board and waits until it is back."""
    wait = params.get("wait")
    return done(board, check_mode, "restart", ["--yes", *([] if wait is None else ["--wait", wait])])


def done(board, check_mode, verb, options=(), words=None):
    """Calls a verb that changes the board, or in check mode only says that it would."""
    if check_mode:
        return {"changed": True}
    document = board.act(verb, options, words)
    result = {"changed": True, "said": document.get("said", []), "warnings": warnings_of(document)}
    return {**result, "warnings": [*result["warnings"], *document.get("complaints", [])]}


VERBS = {
    "confirm": confirm,
    "deploy": deploy,
    "reset": reset,
    "restart": restart,
    "rollback": rollback,
    "snapshot": snapshot,
    "status": status,
    "usage": usage,
}
