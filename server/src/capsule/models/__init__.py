"""Tables of the control database, one module per tier."""

from capsule.models.base import Model
from capsule.models.delivery import Build, Deployment, Release, Replica, Run, Serve
from capsule.models.git import DeployKey, GitApp, GitConnection, GitSignIn
from capsule.models.identity import ApiToken, CliLogin, Login, User
from capsule.models.workload import (
    Capsule,
    CapsuleNumber,
    CronJob,
    EnvVariable,
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
    "DeployKey",
    "Deployment",
    "EnvVariable",
    "GitApp",
    "GitConnection",
    "GitSignIn",
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
