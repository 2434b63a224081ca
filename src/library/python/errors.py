class AnsibleFallbackNotFound(Exception):
    """A fallback has nothing to give."""


class AnsibleValidationError(Exception):
    """Arguments do not fit."""

    def __init__(self, message):
        super().__init__(message)
        self.error_message = message
        self.msg = message


class ArgumentSpecError(AnsibleValidationError):
    """A declaration of arguments is wrong."""
