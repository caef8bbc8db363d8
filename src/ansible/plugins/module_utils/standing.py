# SPDX-License-Identifier: MIT
"""How a board stands, read from the document of `ovl status`: whether what a module is asked for is so already."""


def facts_of(host, document):
    """The facts of a board, with the same names whether it has the helper or not."""
    status = document["status"]
    state = status.get("state")
    return {
        "host": host,
        "helper": document["helper"],
        "board": status["board"],
        "plan": status["plan"],
        "rung": status["rung"],
        "reasons": status["reasons"],
        "generation": booted(status),
        "generations": document.get("generations", []),
        "confirmed": None if state is None else is_confirmed(document),
        "next_generation": None if state is None else next_boot(state),
        "pending": status.get("pending", {"reset": None, "paths": None}),
        "storage": status["storage"] if document["helper"] else None,
        "troubles": document["troubles"],
        "well": not document["troubles"],
    }


def booted(status):
    """Number of the generation that runs; None where there is none."""
    number = status.get("booted", status.get("generation"))
    return int(number) if str(number).isdecimal() else None


def next_boot(state):
    """Number of the generation that boots next, as far as the state says it."""
    return state.get("active") if state.get("trying") is None else state["trying"]


def is_confirmed(document):
    """Whether confirming would change nothing. Where that is not known, or would be refused, ovl is to say so."""
    status = document["status"]
    state = status.get("state")
    if state is None:
        return False
    number = booted(status)
    return state.get("attempts") == 0 and number == state.get("active") and number != state.get("trying")


def goes_back_already(document):
    """Whether a rollback was asked for and its boot has not been yet, or the board went back by itself."""
    status = document["status"]
    state = status.get("state") or {}
    number = booted(status)
    if number is None or state.get("active") is None or state.get("trying") is not None:
        return False
    # The rung "previous" runs the generation before the active one: there, going back means to make it active.
    is_active = number == state["active"]
    return is_active if status["rung"] == "previous" else not is_active


def nothing_to_go_back_to(document):
    """Whether ovl would refuse a rollback without a generation."""
    state = document["status"].get("state") or {}
    return state.get("previous") is None and state.get("trying") is None


def generation_of(document, wanted):
    """The generation of this number or name, of those on the storage."""
    for generation in document.get("generations", []):
        if wanted in (str(generation["number"]), generation["name"]):
            return generation
    return None
