"""Failures of uploads, downloads and kept files."""

from capsule.errors import Conflict, Forbidden, InvalidInput, NotFound, PlatformError, TooLarge


class FileNotFound(NotFound):
    """No such file, or not one of the caller's."""

    code = "file_not_found"


class InvalidFile(InvalidInput):
    code, title = "invalid_file", "Invalid file"


class WrongFileType(InvalidInput):
    code, title = "wrong_file_type", "Wrong type of file"


class FileTooLarge(TooLarge):
    code, title = "file_too_large", "File too large"


class FilesFull(TooLarge):
    """A user keeps as much as one may in one app."""

    code, title = "files_full", "Too many files"


class OffsetMismatch(Conflict):
    """A piece does not begin where the upload ends; `offset` in the context does."""

    code, title = "offset_mismatch", "Wrong place in the file"


class UploadBusy(Conflict):
    code, title, retryable = "upload_busy", "Upload is being written", True


class UploadIncomplete(Conflict):
    code, title = "upload_incomplete", "Upload is not complete"


class FileInUse(Conflict):
    code, title = "file_in_use", "File is in use"


class UploadBroken(InvalidInput):
    """The connection ended in the middle; what has come is kept."""

    code, title, status = "upload_broken", "Upload broken off", 400


class DiskFull(PlatformError):
    code, title, status, retryable = "disk_full", "No room left", 507, True


class LinkRefused(Forbidden):
    code, title = "link_refused", "Link no longer valid"
