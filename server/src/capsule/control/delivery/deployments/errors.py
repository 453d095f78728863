"""What can be wrong with asking for a deployment."""

from capsule.errors import Conflict


class NothingToDeploy(Conflict):
    code, title = "nothing_to_deploy", "Nothing to deploy"


class CapsuleBusy(Conflict):
    """Removal is under way."""

    code = "capsule_removing"


class DeploymentEnded(Conflict):
    code, title = "deployment_ended", "Deployment has ended"
