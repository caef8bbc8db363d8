# SPDX-License-Identifier: MIT
"""One call of ovl: words in, the document of --json out, or Refused with what a playbook has to know."""

import json
import os
import subprocess

# ovl's own exit codes (docs/reference/cli.md): below 2 it has an answer, and from 7 on the board may be another one.
LAST_ANSWER = 1
FIRST_CHANGE = 7
# Seconds that ovl gets to give back what it holds, once it is told to end.
PATIENCE = 10

STATES = {
    "unchanged": "nothing was changed on the board",
    "rolled back": "the board was rolled back to what ran before",
    "unknown": "the state of the board is unknown",
}


class Refused(Exception):
    """Why something was not done. `result` is what the task returns."""

    def __init__(self, result):
        super().__init__(result["msg"])
        self.result = {"failed": True, "changed": False, **result}


class Board:
    """A board as ovl reaches it, with the options of the login that every call of ovl gets."""

    def __init__(self, params, environment=None):
        self.host = host_of(params["host"])
        self.executable = params["executable"]
        self.login = login_words(params)
        # Its HOST would stand in for one that is missing.
        self.environment = {key: value for key, value in (environment or os.environ).items() if key != "OVL_HOST"}
        # The last command line, for people.
        self.command = []

    def look(self, verb, options=(), words=None):
        """Asks without changing anything. Exit code 1, an answer too, is no failure. `words` are the host by default."""
        return self._call(verb, options, words, LAST_ANSWER, changes=False)

    def act(self, verb, options=(), words=None):
        """Changes something; only exit code 0 is success."""
        return self._call(verb, options, words, 0, changes=True)

    def _call(self, verb, options, words, last_good, changes):
        # Behind "--" a word is never taken for an option.
        self.command = [self.executable, verb, "--json", "--no-input", *self.login, *options, "--", *(words or [self.host])]
        code, document, errors = run(self.command, self.environment)
        if document is None:
            raise Refused(self._unreadable(code, errors, changes))
        if 0 <= code <= last_good:
            return document
        raise Refused(self._refusal(code, document, changes))

    def _refusal(self, code, document, changes):
        problems = document.get("problems", [])
        errors = [one for one in problems if one.get("severity") == "error"]
        first = errors[0] if errors else {}
        state = first.get("boardState") or state_of(code, changes)
        said = errors or [{"message": f"ovl {self.command[1]} ended with exit code {code}"}]
        words = "\n".join(sentence(one) for one in said)
        told = STATES.get(state, STATES["unknown"])
        return {
            "msg": visible("\n".join([words, told])),
            "changed": changes and state in ("rolled back", "unknown"),
            "rc": code,
            "code": first.get("code"),
            "because": first.get("because"),
            "fix": first.get("fix"),
            "board_state": state,
            "problems": problems,
            "cmd": self.command,
        }

    def _unreadable(self, code, errors, changes):
        state = state_of(code, changes)
        words = f"{self.executable} gave no document of --json and ended with exit code {code}; is it ovl?"
        return {
            "msg": visible("\n".join([words, *errors.strip().splitlines()[-5:]])),
            "changed": changes and state == "unknown",
            "rc": code,
            "board_state": state,
            "cmd": self.command,
        }


def host_of(text):
    """The address of a board, which no option and no path can be mistaken for."""
    if text is None or text == "" or text[0] in "-/" or text.split() != [text]:
        raise Refused({"msg": f"{text!r} is not the address of a board", "board_state": "unchanged"})
    return text


def login_words(params):
    """The options of ovl that say how a board is reached."""
    names = ("identity", "host_key", "connect_timeout", "ssh_config")
    return [
        word
        for name in names
        if params.get(name) is not None
        for word in ("--" + name.replace("_", "-"), params[name])
    ]


def run(command, environment):
    """Exit code (negative for a signal), document or None, and stderr. Whatever ends us ends ovl too."""
    try:
        # The command is a list, so no shell reads any of it.
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
    except OSError as error:
        raise Refused(
            {
                "msg": f"{command[0]} cannot be executed: {error.strerror}\n"
                "fix: npm install -g overlaykit, or set executable",
                "board_state": "unchanged",
                "cmd": command,
            }
        ) from error
    try:
        stdout, stderr = child.communicate()
    except BaseException:
        # A task's timeout is an exception in the middle of our waiting. Told to end, ovl leaves the board old or new.
        child.terminate()
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        raise
    return child.returncode, document_of(stdout), stderr.decode("utf-8", "replace")


def document_of(stdout):
    """The one JSON object, or None where there is none."""
    try:
        document = json.loads(stdout.decode("utf-8", "replace"))
    except ValueError:
        return None
    return document if isinstance(document, dict) and str(document.get("schema", "")).startswith("ovl") else None


def state_of(code, changes):
    """What an exit code alone says of the board. A signal is a call that broke off."""
    return "unknown" if changes and (code < 0 or code >= FIRST_CHANGE) else "unchanged"


def sentence(problem):
    """A diagnostic in lines: code and message, then because and fix."""
    head = ": ".join(word for word in (problem.get("code"), problem.get("message")) if word)
    more = [f"{name}: {problem[name]}" for name in ("because", "fix") if problem.get(name)]
    return "\n".join([head, *more])


def visible(text):
    """What a board has said must not move the cursor of a terminal."""
    return "".join(one if one.isprintable() or one == "\n" else f"\\x{ord(one):02x}" for one in text)


def warnings_of(document):
    """The warnings of a document, for Ansible to show."""
    return [visible(sentence(one)) for one in document.get("problems", []) if one.get("severity") == "warning"]
