"""Where things lie in the data folder. The only module that spells these names."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataPaths:
    """The layout of one installation's data folder (`--data`, `CAPSULE_DATA`)."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "capsule.db"

    @property
    def private(self) -> tuple[Path, ...]:
        """Folders that no other user of the machine and no replica may enter, all directly under the root."""
        names = (
            "run",
            "keys",
            "logs",
            "sessions",
            "telemetry",
            "state",
            "uploads",
            "git",
            "containers",
            "docker",
            "bases",
        )
        return tuple(self.root / name for name in names)

    @property
    def keys(self) -> Path:
        """Key files (mode 0600), outside the database that they protect."""
        return self.root / "keys"

    @property
    def visitors_key(self) -> Path:
        """Signs who somebody is towards an app: cookies, and the tickets from the console."""
        return self.keys / "visitors.key"

    @property
    def runtimes_key(self) -> Path:
        """Signs for whom a runtime was woken."""
        return self.keys / "runtimes.key"

    @property
    def connections_key(self) -> Path:
        """Encrypts the accounts elsewhere that users of apps have connected."""
        return self.keys / "connections.key"

    @property
    def files_key(self) -> Path:
        """Signs the links by which files of apps are fetched without a cookie."""
        return self.keys / "files.key"

    @property
    def previews_key(self) -> Path:
        """Signs the addresses under which apps show what listens on a port of a user's runtime."""
        return self.keys / "previews.key"

    @property
    def address(self) -> Path:
        """Port and host of the last start."""
        return self.root / "address.json"

    @property
    def run(self) -> Path:
        """Sockets and pid files of the platform's own processes."""
        return self.root / "run"

    @property
    def server_socket(self) -> Path:
        return self.run / "server.sock"

    @property
    def server_control_socket(self) -> Path:
        """What the server does for the platform's other processes (`server_socket` is HTTP, for people)."""
        return self.run / "server-control.sock"

    @property
    def node_socket(self) -> Path:
        return self.run / "node.sock"

    @property
    def edge_socket(self) -> Path:
        return self.run / "edge.sock"

    @property
    def apps_socket(self) -> Path:
        """HTTP of the app host (the edge's upstream for every app capsule)."""
        return self.run / "apps.sock"

    @property
    def apps_control_socket(self) -> Path:
        return self.run / "apps-control.sock"

    def pid_file(self, process: str) -> Path:
        return self.run / f"{process}.pid"

    def process_log(self, process: str) -> Path:
        return self.root / "logs" / f"{process}.log"

    @property
    def cli_login(self) -> Path:
        """Token by which the command line of the same operating-system user is logged in."""
        return self.run / "cli.json"

    def upload(self, upload_id: str) -> Path:
        return self.root / "uploads" / upload_id

    def checkout(self, build_id: str) -> Path:
        return self.build(build_id) / "source"

    def git_mirror(self, capsule_id: str) -> Path:
        return self.root / "git" / capsule_id

    def pushed(self, capsule_id: str) -> Path:
        """The bare repository that is pushed to."""
        return self.root / "git" / f"{capsule_id}.git"

    def known_hosts(self, capsule_id: str) -> Path:
        """Keys of the hosts of a capsule's repository, as they were at first."""
        return self.root / "git" / f"{capsule_id}.hosts"

    @property
    def git_hooks(self) -> Path:
        """Hooks of the repositories that are pushed to; no push can change them."""
        return self.root / "git" / "hooks"

    def build(self, build_id: str) -> Path:
        return self.root / "builds" / build_id

    def build_log(self, build_id: str) -> Path:
        return self.build(build_id) / "log.jsonl"

    def artifact(self, artifact_id: str) -> Path:
        return self.root / "artifacts" / artifact_id

    def serve_tree(self, serve_id: str) -> Path:
        return self.root / "serves" / serve_id

    @property
    def replicas(self) -> Path:
        return self.root / "replicas"

    def replica(self, replica_id: str) -> Path:
        return self.replicas / replica_id

    @property
    def containers(self) -> Path:
        """State of the replicas that run in containers, one folder each."""
        return self.root / "containers"

    def container(self, replica_id: str) -> Path:
        return self.containers / replica_id

    @property
    def docker_data(self) -> Path:
        """Images and containers of the installation's own Docker daemon."""
        return self.root / "docker" / "data"

    @property
    def docker_run(self) -> Path:
        return self.root / "docker" / "run"

    @property
    def docker_socket(self) -> Path:
        return self.run / "docker.sock"

    @property
    def docker_pid_file(self) -> Path:
        return self.run / "docker.pid"

    @property
    def image_bases(self) -> Path:
        """Root file systems that images are made from where no registry can be reached."""
        return self.root / "bases"

    def storage(self, capsule_id: str) -> Path:
        """Files of a storage capsule."""
        return self.root / "storage" / capsule_id

    def storage_size(self, capsule_id: str) -> Path:
        """A file with the MiB that a storage capsule may hold."""
        return self.root / "storage" / f"{capsule_id}.size"

    @property
    def users(self) -> Path:
        """Private files of app users: a folder per app and environment, in it one per user."""
        return self.root / "users"

    def user_files(self, owner: str) -> Path:
        return self.users / owner

    def telemetry(self, capsule_id: str) -> Path:
        return self.root / "telemetry" / capsule_id

    def sessions(self, capsule_id: str, environment: str) -> Path:
        return self.root / "sessions" / f"{capsule_id}.{environment}.db"

    def kept_files(self, capsule_id: str, environment: str) -> Path:
        """What an app's users uploaded and what it kept for them; the rows are among its sessions."""
        return self.root / "sessions" / f"{capsule_id}.{environment}.files"

    @property
    def cache(self) -> Path:
        """Package caches shared by builds (uv, npm)."""
        return self.root / "cache"

    def state(self, process: str) -> Path:
        """The own small state of the node agent, the edge and the app host."""
        return self.root / "state" / process
