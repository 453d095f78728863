"""What can be wrong with a capsule."""

from capsule.errors import Conflict, Forbidden, InvalidInput, NotFound


class InvalidName(InvalidInput):
    code, title = "invalid_name", "Invalid name"


class NameTaken(Conflict):
    code, title = "name_taken", "Name taken"


class ConfirmationNeeded(InvalidInput):
    code, title = "confirmation_needed", "Confirmation needed"


class CapsuleBeingRemoved(Conflict):
    code = "capsule_being_removed"


class WrongCapsuleType(Conflict):
    code = "wrong_capsule_type"


class UploadNotFound(NotFound):
    code = "upload_not_found"


class LocalSourceRefused(Forbidden):
    """A repository on the server's own disk; only for administrators of the installation."""

    code, title = "local_source_refused", "Local source refused"
