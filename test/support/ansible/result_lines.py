"""Callback of ansible-playbook for the tests: one line of JSON for each result, and one for the totals."""

import json

from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: result_lines
type: stdout
short_description: One line of JSON for each result
description:
  - One line of JSON for each result, and one for the totals.
"""


class CallbackModule(CallbackBase):
    """Prints what came of each task on each host."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "result_lines"

    def _line(self, value):
        self._display.display(json.dumps(value, cls=AnsibleJSONEncoder))

    def _result(self, outcome, result):
        host, task = result._host.get_name(), result._task.get_name()
        self._line({"host": host, "task": task, "outcome": outcome, "result": result._result})

    def v2_runner_on_ok(self, result):
        self._result("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._result("ignored" if ignore_errors else "failed", result)

    def v2_runner_on_unreachable(self, result):
        self._result("unreachable", result)

    def v2_runner_on_skipped(self, result):
        self._result("skipped", result)

    def v2_playbook_on_stats(self, stats):
        self._line({"stats": {host: stats.summarize(host) for host in sorted(stats.processed)}})
