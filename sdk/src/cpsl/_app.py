"""`App`: one record of everything an app declares. Declaring has no effect beyond the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ._app_handlers import HandlerDeclarations
from ._app_pages import PageDeclarations
from ._app_store import AppStore
from ._channels import secret_names, to_wire
from ._collections import CollectionManager, CollectionRef, DatabaseProxy
from ._files import FileSystem
from ._handlers import Handler, Handlers, collect_handlers
from ._image import Image
from ._integrations import Integration, IntegrationConfig, declare
from ._schema import CollectionDecl, Column, SettingDecl, to_columns
from ._secrets import Secret
from ._settings import SettingsAccessor
from ._tasks import GlobalTaskQuery
from ._types import ACCESS_LEVELS, AccessLevel, CollectionScope, PricingType, SettingScope, check_word

T = TypeVar("T")


@dataclass
class Resources:
    """What an app needs around its code."""

    image: Image | None = None
    channels: list[Any] = field(default_factory=list)
    keep_warm_seconds: int = 0
    secrets: list[str] = field(default_factory=list)
    filesystems: dict[str, FileSystem] = field(default_factory=dict)
    cpu: float = 0.25
    memory: int = 512
    gpu: str | None = None
    price: int = 0
    pricing_type: PricingType = "one_time"

    def __post_init__(self) -> None:
        if self.image is not None and not isinstance(self.image, Image):
            raise TypeError(f"image= takes a cpsl.Image; got {type(self.image).__name__}.")
        check_word(self.pricing_type, ("one_time", "monthly"), "pricing_type")
        if self.cpu <= 0 or self.memory <= 0:
            raise ValueError(f"cpu and memory must be positive; got cpu={self.cpu}, memory={self.memory}.")
        for mount, filesystem in self.filesystems.items():
            if not isinstance(filesystem, FileSystem):
                raise TypeError(f"filesystems= maps paths to cpsl.FileSystem; {mount!r} has {filesystem!r}.")
            if not mount.startswith("/") or mount == "/":
                raise ValueError(
                    f"A filesystem is mounted at an absolute path such as '/data'; got {mount!r}."
                )
            filesystem._bind(mount.rstrip("/"))

    def to_dict(self) -> dict[str, Any]:
        names = [entry.name or "" if isinstance(entry, Secret) else entry for entry in self.secrets]
        names += [name for channel in self.channels for name in secret_names(channel)]
        return {
            "image": None if self.image is None else self.image.to_dict(),
            "price": self.price,
            "pricing_type": self.pricing_type,
            "channels": [to_wire(channel) for channel in self.channels],
            "keep_warm_seconds": self.keep_warm_seconds,
            "secrets": list(dict.fromkeys(name for name in names if name)),
            "filesystems": {
                mount.rstrip("/"): filesystem.to_dict() for mount, filesystem in self.filesystems.items()
            },
            "cpu": self.cpu,
            "memory": self.memory,
            "gpu": self.gpu,
        }


class App(PageDeclarations, HandlerDeclarations, AppStore):
    """An app: with `image=`, functions are its handlers; without, `@app.cls` decorates a class of them."""

    def __init__(
        self,
        name: str,
        *,
        image: Image | None = None,
        channels: list[Any] | None = None,
        keep_warm_seconds: int = 0,
        secrets: list[str] | None = None,
        filesystems: dict[str, FileSystem] | None = None,
        npm_packages: list[str] | None = None,
        cpu: float = 0.25,
        memory: int = 512,
        gpu: str | None = None,
        price: int = 0,
        pricing_type: PricingType = "one_time",
    ) -> None:
        if not isinstance(name, str) or not name.strip():
            raise ValueError("An app needs a name, such as cpsl.App(name='my-app', image=cpsl.Image()).")
        PageDeclarations.__init__(self)
        HandlerDeclarations.__init__(self)
        self.name = name
        self.collections: CollectionManager | None = None
        self.settings = SettingsAccessor(self)
        self._resources = Resources(
            image,
            list(channels or []),
            keep_warm_seconds,
            list(secrets or []),
            dict(filesystems or {}),
            cpu,
            memory,
            gpu,
            price,
            pricing_type,
        )
        self.add_npm_packages(*(npm_packages or []))
        self._cls: type | None = None
        self._is_running = False
        self._declared_collections: dict[str, tuple[CollectionDecl, CollectionRef]] = {}
        self._settings: dict[str, SettingDecl] = {}
        self._data: dict[str, tuple[AccessLevel, Handler]] = {}
        self._integrations: dict[str, IntegrationConfig] = {}

    def cls(
        self,
        *,
        image: Image,
        price: int = 0,
        pricing_type: PricingType = "one_time",
        channels: list[Any] | None = None,
        keep_warm_seconds: int = 0,
        secrets: list[str] | None = None,
        filesystems: dict[str, FileSystem] | None = None,
        cpu: float = 0.25,
        memory: int = 512,
        gpu: str | None = None,
    ) -> Callable[[type[T]], type[T]]:
        """Decorate the class whose methods are the handlers.

        Raises RuntimeError for an app that has `image=` or handlers of its own.
        """
        if self._resources.image is not None or self._functions != Handlers() or self._workflows:
            raise RuntimeError(
                f"App {self.name!r} is made of functions; a class app is App(name=...) without image=,"
                f" with @app.cls(image=...) on the class."
            )

        def register(target: type[T]) -> type[T]:
            if not isinstance(target, type):
                raise TypeError(f"@app.cls(...) decorates a class; got {type(target).__name__}.")
            self._cls = target
            self._resources = Resources(
                image,
                list(channels or []),
                keep_warm_seconds,
                list(secrets or []),
                dict(filesystems or {}),
                cpu,
                memory,
                gpu,
                price,
                pricing_type,
            )
            target.__capsule_app__ = self  # type: ignore[attr-defined]
            return target

        return register

    def _require_functions(self, what: str) -> None:
        if self._cls is not None:
            raise RuntimeError(f"{what} cannot be mixed with @app.cls; decorate a method with cpsl instead.")
        if self._resources.image is None:
            raise RuntimeError(
                f"{what} needs an app made with image=, such as App({self.name!r}, image=Image())."
            )

    def collection(
        self,
        name: str,
        *,
        columns: list[str | Column] | None = None,
        scope: CollectionScope = "app",
        sortable: bool = False,
        filterable: bool = False,
        paginate: int = 0,
    ) -> CollectionRef:
        """Declare a collection of documents."""
        checked = None if columns is None else to_columns(columns)
        declared = CollectionDecl(name, scope, checked, sortable, filterable, paginate)
        ref = CollectionRef(name, declared)
        self._declared_collections[name] = (declared, ref)
        return ref

    def setting(
        self,
        name: str,
        *,
        scope: SettingScope = "app",
        type: type = str,
        default: Any = None,
        options: list[str] | None = None,
        label: str | None = None,
    ) -> None:
        """Declare a value that people can change."""
        if name in self._settings:
            raise ValueError(f"Setting {name!r} is declared twice.")
        chosen = None if options is None else tuple(options)
        self._settings[name] = SettingDecl(name, scope, type, default, chosen, label)

    def add_integration(
        self,
        integration_type: str | Integration | IntegrationConfig,
        *,
        client_id: str | Secret = "",
        client_secret: str | Secret = "",
        scopes: list[str] | None = None,
        fields: list[str] | None = None,
        authorize_url: str = "",
        token_url: str = "",
        revoke_url: str = "",
        profile_url: str = "",
    ) -> None:
        """Declare an account that users may connect. Raises ValueError for options that cannot work.

        A provider that is not known is given by its URLs: where people agree (`authorize_url`), where codes
        become tokens (`token_url`), and if it has them where tokens end and whose they are.
        """
        config = declare(
            integration_type,
            client_id=client_id,
            client_secret=client_secret,
            scopes=scopes,
            fields=fields,
            urls={
                "authorize_url": authorize_url,
                "token_url": token_url,
                "revoke_url": revoke_url,
                "profile_url": profile_url,
            },
        )
        self._integrations[str(config.type)] = config

    def data(
        self, name: str, *, access: AccessLevel = "public"
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Answer pages that ask for the data `name`."""
        check_word(access, ACCESS_LEVELS, "access")

        def register(fn: Callable[..., Any]) -> Callable[..., Any]:
            self._data[name] = (access, fn)
            return fn

        return register

    def _serialize(self) -> dict[str, Any]:
        """Return the manifest of everything declared so far."""
        handlers = self._declared_handlers()
        return {
            "app_name": self.name,
            **self._resources.to_dict(),
            "integrations": [config.to_dict() for config in self._integrations.values()],
            "collections": [declared.to_dict() for declared, _ in self._declared_collections.values()],
            "settings": [setting.to_dict() for setting in self._settings.values()],
            "data_sources": [{"name": name, "access": access} for name, (access, _) in self._data.items()],
            "workflows": [workflow.to_dict() for workflow in self._workflows.values()],
            **handlers.describe(),
            **self._describe_pages(),
            "module": None if self._cls is None else self._cls.__module__,
            "class_name": None if self._cls is None else self._cls.__qualname__,
        }

    def _declared_handlers(self) -> Handlers:
        return self._functions if self._cls is None else collect_handlers(self._cls)

    def _bind(self) -> Handlers:
        """Make the app usable inside a runtime and return its handlers; a class app is instantiated."""
        self._is_running = True
        self.collections = CollectionManager(None, "", collection_scopes=self._scopes())
        runtime_parts = {"db": DatabaseProxy(), "tasks": GlobalTaskQuery(), "collections": self.collections}
        for _, ref in self._declared_collections.values():
            ref._is_bound = True
        if self._cls is None:
            handlers, target = self._functions, self
        else:
            target = self._cls()
            handlers = collect_handlers(self._cls, target)
        for name, part in runtime_parts.items():
            setattr(target, name, part)
        for descriptor in handlers.tasks.values():
            descriptor._is_bound = True
        return handlers

    def _scopes(self) -> dict[str, str]:
        return {name: declared.scope for name, (declared, _) in self._declared_collections.items()}

    def __repr__(self) -> str:
        return f"App({self.name!r})"
