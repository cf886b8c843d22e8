"""The end of a transaction that the server was asked for, and that nobody waits for yet."""

from __future__ import annotations

import select
from typing import Any

from psycopg import Connection, OperationalError
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, abc


class Ending:
    """A `commit` or `rollback`, with statements before it. Until it is settled the connection can do nothing else."""

    def __init__(self, connection: Connection[Any], command: str, before: str = "") -> None:
        self._pgconn = connection.pgconn
        self._command = command.upper().encode()
        self._is_settled = False
        self._result: abc.PGresult | None = None
        self._pgconn.send_query(f"{before}{command}".encode())

    def settle(self) -> None:
        """Waits for the answer, so that the connection can be used again."""
        if not self._is_settled:
            self._is_settled = True
            self._await_answer()
            while (result := self._pgconn.get_result()) is not None:
                self._result = result

    def _await_answer(self) -> None:
        """Waits for it here: the driver would keep Python's lock meanwhile, and hold up all threads."""
        poller = select.poll()
        poller.register(self._pgconn.socket, select.POLLIN)
        while self._pgconn.is_busy():
            poller.poll()
            self._pgconn.consume_input()

    def wait(self) -> None:
        """The same; raises if the transaction did not end as it was asked for."""
        self.settle()
        result = self._result
        if result is None:
            raise OperationalError("the connection was lost during a commit")
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)
        if result.command_status != self._command:  # something had failed in it before
            raise OperationalError("the transaction had failed already")
