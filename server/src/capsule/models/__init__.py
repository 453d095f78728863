"""Tables of the control database, one module per tier."""

from capsule.models.base import Model
from capsule.models.delivery import Build, Deployment, Release, Replica, Run, Serve
from capsule.models.identity import ApiToken, CliLogin, Login, User
from capsule.models.workload import (
    Capsule,
    CapsuleNumber,
    CronJob,
    EnvVariable,
    GitConnection,
    Secret,
    SourceAccess,
    Upload,
)
from capsule.models.workspace import Membership, Space, Team

__all__ = [
    "ApiToken",
    "Build",
    "Capsule",
    "CapsuleNumber",
    "CliLogin",
    "CronJob",
    "Deployment",
    "EnvVariable",
    "GitConnection",
    "Login",
    "Membership",
    "Model",
    "Release",
    "Replica",
    "Run",
    "Secret",
    "Serve",
    "SourceAccess",
    "Space",
    "Team",
    "Upload",
    "User",
]
