"""Two processes of the app behind nginx, with the configurations in `docs/`, and one database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.browser.harness import AppServer, free_port, running_app
from tests.nginx import PATH, documented_configuration, listening, require_nginx, running_nginx

DOCUMENTED_PORTS = {"1": 8501, "2": 8502}  # of the processes in docs/nginx-processes.conf


class SeveralProcesses:
    """The app at `url`. A test may end a process, and start it again."""

    def __init__(self, folder: Path, database: str) -> None:
        self._folder, self._database = folder, database
        self._ports = {name: free_port() for name in DOCUMENTED_PORTS}
        self._running = {name: ExitStack() for name in DOCUMENTED_PORTS}
        self._apps: dict[str, AppServer] = {}
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/{PATH}"
        processes = documented_configuration("nginx-processes.conf")
        for name, documented in DOCUMENTED_PORTS.items():
            assert f"server 127.0.0.1:{documented};" in processes
            processes = processes.replace(f"1:{documented}", f"1:{self._ports[name]}")
        cluster = listening(documented_configuration("nginx-cluster.conf"), port)
        (folder / "processes.conf").write_text(processes, encoding="utf-8")
        (folder / "cluster.conf").write_text(cluster, encoding="utf-8")

    def start(self, name: str) -> None:
        """Start the process with this name, and wait until it answers."""
        log = self._folder / f"app-{name}.log"
        variables = {"PGLAB_DATABASE_URL": self._database, "PGLAB_PROCESS": name}
        app = running_app(log, port=self._ports[name], path=PATH, variables=variables)
        self._apps[name] = self._running[name].enter_context(app)

    def kill(self, name: str) -> None:
        """End a process without letting it do anything more."""
        self._apps[name].process.kill()
        self._running[name].close()

    def close(self) -> None:
        """End all processes."""
        for running in self._running.values():
            running.close()


@contextmanager
def several_processes(folder: Path, database: str) -> Iterator[SeveralProcesses]:
    """Run all processes and nginx."""
    require_nginx()
    several = SeveralProcesses(folder, database)
    try:
        for name in DOCUMENTED_PORTS:
            several.start(name)
        with running_nginx(folder, several.url):
            yield several
    finally:
        several.close()
