"""Tables of the control database, one module per tier."""

from capsule.models.base import Model
from capsule.models.delivery import Build, Deployment, Release, Replica, Serve
from capsule.models.identity import ApiToken, CliLogin, Login, User
from capsule.models.workload import Capsule, CapsuleNumber, EnvVariable, Secret, Upload
from capsule.models.workspace import Membership, Space, Team

__all__ = [
    "ApiToken",
    "Build",
    "Capsule",
    "CapsuleNumber",
    "CliLogin",
    "Deployment",
    "EnvVariable",
    "Login",
    "Membership",
    "Model",
    "Release",
    "Replica",
    "Secret",
    "Serve",
    "Space",
    "Team",
    "Upload",
    "User",
]
