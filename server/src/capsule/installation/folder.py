"""The data folder and who may look into it: replicas pass through its root, everybody else stays outside."""

from capsule.paths import DataPaths


def prepare(paths: DataPaths) -> None:
    """Make the folder and close what is private, also in a folder that an older version made."""
    paths.root.mkdir(parents=True, exist_ok=True)
    # Replicas run as users of their own and have to reach their files; they may not list what else there is.
    paths.root.chmod(0o711)
    for private in paths.private:
        private.mkdir(exist_ok=True)
        private.chmod(0o700)
    # SQLite gives its -wal and -shm files the mode of the database.
    paths.database.touch(mode=0o600)
    for part in paths.root.glob(f"{paths.database.name}*"):
        part.chmod(0o600)
