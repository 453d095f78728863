"""What an installation can be told, by option or environment variable. Read in `main.py` only.

Every field is described once, here; `docs/reference/settings.md` is generated from it.
"""

from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from capsule.apps.options import ProviderUrls
from capsule.kit.smtp import parse_smtp_url


class Settings(BaseSettings):
    """One installation. `CAPSULE_PORT=9000` sets `port`, and so on."""

    model_config = SettingsConfigDict(env_prefix="CAPSULE_", extra="ignore", hide_input_in_errors=True)

    data: Path = Field(
        default_factory=lambda: Path.home() / ".capsule",
        description="Data folder. Installations with different data folders and ports run side by side.",
    )
    port: int = Field(
        8080, ge=1, le=65535, description="Port of the console and of every capsule; kept for later starts."
    )
    host: str = Field(
        "localhost",
        description="Address to listen on. `localhost` takes no connections from other machines; "
        "`0.0.0.0` takes them all. Kept for later starts.",
    )
    domain: str = Field(
        "localhost",
        pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        description="Capsules are served at `<name>.<domain>`. Browsers resolve `*.localhost` by themselves; "
        "another domain needs a wildcard DNS record.",
    )
    edge_workers: int = Field(
        0, ge=0, le=64, description="Processes of the edge; 0 is one per core, at most four."
    )
    builds_at_once: int = Field(2, ge=1, le=64, description="Builds that may run at the same time.")
    build_seconds: float = Field(900, gt=0, description="Seconds after which a build is stopped as failed.")
    build_memory: int = Field(4096, ge=128, description="MiB of memory that one build may use.")
    build_cache_mb: int = Field(
        2048, ge=0, description="MiB of downloaded packages that are kept for the next build of each capsule."
    )
    build_caches_mb: int = Field(
        10240, ge=0, description="MiB of the same for all capsules together; the longest unused go first."
    )
    container_disk_mb: int = Field(
        10 * 1024,
        ge=16,
        description="MiB that a container may write beside its filesystems; one that writes more is ended.",
    )
    answer_seconds: float = Field(
        60, gt=0, description="Seconds within which a new replica has to answer, or its deployment fails."
    )
    drain_seconds: float = Field(
        30,
        ge=0,
        description="Seconds that running requests and chat turns get to finish on a replica being replaced.",
    )
    admin_email: str = Field(
        "admin@localhost", description="E-mail of the first admin, used at the first start only."
    )
    admin_password: SecretStr | None = Field(
        None, description="Password of the first admin; without it one is made up and printed once."
    )
    demo: bool = Field(True, description="Make the demo space at the first start.")
    database_url: str = Field("", description="Control database; empty is SQLite in the data folder.")
    smtp_url: SecretStr | None = Field(
        None,
        description="Mail server through which apps send sign-in links: "
        "`smtp://user:password@host:587?starttls=1` or `smtps://user:password@host`. "
        "Without one apps offer no sign-in by mail.",
    )
    mail_from: str = Field(
        "", description="Sender of the mail of apps; empty is `no-reply@` and the host name of the app."
    )
    upload_bytes: int = Field(
        2 * 1024**3, ge=1024, description="Bytes that one file may have which a user uploads to an app."
    )
    repository_bytes: int = Field(
        2 * 1024**3,
        ge=1024**2,
        description="Bytes on the disk that the repository of one capsule may have, pushed or fetched.",
    )
    repository_file_bytes: int = Field(
        512 * 1024**2, ge=1024, description="Bytes that one file of a repository that is pushed may have."
    )
    poll_seconds: float = Field(
        300,
        ge=0,
        description="Seconds between two looks at a repository that sends no webhooks; 0 never looks.",
    )
    private_git_hosts: list[str] = Field(
        [],
        description="Git hosts, as a JSON list of host names, that teams may connect to although they are in "
        "a private network.",
    )
    private_issuers: list[str] = Field(
        [],
        description="OpenID issuers, as a JSON list of addresses, that apps may use although they are in a "
        "private network or not https.",
    )

    session_idle_days: float = Field(
        30,
        gt=0,
        description="Days without a message after which a conversation is closed: its `exit` runs; "
        "the next message opens it again.",
    )
    providers: dict[str, ProviderUrls] = Field(
        {},
        description="Where providers of connections are, as a JSON object by type: "
        '`{"github": {"base_url": "https://github.example.com"}}`, or each address by itself: '
        "`authorize_url`, `token_url`, `revoke_url`, `profile_url`. These may be private addresses.",
    )

    @field_validator("providers")
    @classmethod
    def _provider_addresses(cls, providers: dict[str, ProviderUrls]) -> dict[str, ProviderUrls]:
        for kind, urls in providers.items():
            for name, url in asdict(urls).items():
                parts = urlsplit(url)
                if url and (parts.scheme not in ("http", "https") or not parts.hostname):
                    raise ValueError(f"{name} of {kind} must be an address such as https://example.com")
        return providers

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and url.get_secret_value():
            parse_smtp_url(url.get_secret_value())
        return url
