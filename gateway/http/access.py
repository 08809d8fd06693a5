"""Who sends a request, and what that permits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gateway.http.permissions import Place, Rule
from shared.domain.api_key import Action, ApiKey
from shared.errors import LookalikeError

#: Where the ASGI scope of a request holds its Access.
ACCESS = "lookalike.access"


#: What the answer calls the collection that an alias stands for.
OF_ALIAS = "what this alias stands for"


class NotAllowed(LookalikeError):
    """The key that came with a request may not do this: `not_allowed`."""

    status = 403
    title = "Forbidden"


@dataclass(frozen=True)
class Principal:
    """Who a request is from; `id` and `name` are for the log, and hold no secret.

    `anybody` where no key is in force, an `administrator` by a key of the setting, the holder of a
    stored `key`, or whoever has the signed `address` of an image in `collection`.
    """

    kind: Literal["anybody", "administrator", "key", "address"]
    id: str
    name: str
    key: ApiKey | None = None
    collection: str = ""

    def may(self, action: Action, collection: str) -> bool:
        """Whether this is permitted in a collection, which need not exist."""
        if self.key is not None:
            return self.key.permits(action) and self.key.covers(collection)
        if self.kind == "address":
            return action == "read" and collection == self.collection
        return True

    def may_somewhere(self, action: Action) -> bool:
        """Whether this is permitted in some collection, which need not exist."""
        return self.key is None or self.key.permits(action)

    @property
    def administers(self) -> bool:
        """Whether calls about the whole server are permitted."""
        if self.key is not None:
            return self.key.permits("admin") and self.key.covers_all
        return self.kind != "address"


ANYBODY = Principal("anybody", "anybody", "anybody")

#: The query parameters that sign the address of an image: `expires=…&signature=…`.
SignAddress = Callable[[str, str], str]


class Access:
    """What the request of `operation` may do. Handlers ask it for what they learn themselves."""

    def __init__(
        self, principal: Principal, operation: str, rule: Rule, sign: SignAddress | None = None
    ) -> None:
        self.principal = principal
        self.operation = operation
        self.rule = rule
        #: Signs addresses in the reply; None where no key is in force.
        self.sign = sign
        #: Whether a collection was required, as an operation with `Place.GIVEN` must.
        self.checked = False

    def require(
        self, collection: str, action: Action | None = None, *, called: str | None = None
    ) -> None:
        """Raise NotAllowed unless the operation's action, or `action`, is permitted there.

        `called` is what the answer calls a collection whose name the sender has not given, and so
        may not know.
        """
        self.checked = True
        wanted = action or self.rule.action
        if not self.principal.may(wanted, collection):
            raise not_allowed(wanted, called or f"the collection {collection!r}")

    def require_somewhere(self) -> None:
        """Raise NotAllowed unless the operation's action is permitted in some collection."""
        if not self.principal.may_somewhere(self.rule.action):
            raise not_allowed(self.rule.action, "any collection")

    def require_server(self) -> None:
        """Raise NotAllowed unless calls about the whole server are permitted."""
        if not self.principal.administers:
            raise not_allowed("admin", "all collections")

    def shows(self, collection: str) -> bool:
        """Whether an answer may hold what is in this collection."""
        return self.principal.may("read", collection)

    @property
    def shows_all(self) -> bool:
        """Whether `shows` is true of every collection."""
        key = self.principal.key
        if key is not None:
            return key.permits("read") and key.covers_all
        return self.principal.kind != "address"

    @property
    def requires_lookup(self) -> bool:
        """Whether the collection of a job has to be known first."""
        return self.rule.place is Place.JOB and self.principal.key is not None


def not_allowed(action: Action, where: str) -> NotAllowed:
    return NotAllowed("not_allowed", f"This key has no permission to {_VERBS[action]} {where}.")


_VERBS: dict[Action, str] = {
    "read": "read",
    "write": "write to",
    "delete": "delete from",
    "admin": "administer",
}
