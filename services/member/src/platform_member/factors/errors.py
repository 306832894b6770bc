"""What can be wrong with a request about second factors."""

from __future__ import annotations

from platform_common.problems import FieldError, NotFound, PayloadInvalid, Problem


class FactorExists(Problem):
    """The member has this factor already; it is disabled before another one takes its place."""

    code = "factor-exists"
    status = 409

    def __init__(self) -> None:
        super().__init__("An authenticator app is already set up. Disable it first.")


class FactorNotFound(NotFound):
    """The member has no such factor, or none that is being set up."""

    code = "factor-not-found"

    def __init__(self) -> None:
        super().__init__("No authenticator app is set up.")


class CodeWrong(PayloadInvalid):
    """The code is not the current one, or was used already; the answer does not say which."""

    code = "code-wrong"

    def __init__(self) -> None:
        detail = "The code is wrong or was already used."
        super().__init__(detail, errors=[FieldError("/code", "code-wrong", detail)])
