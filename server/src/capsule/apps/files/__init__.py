"""Files of an app's users: uploads, what apps keep, downloads, and what lies in an app's filesystems."""
