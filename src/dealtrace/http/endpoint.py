"""An address of the server: what it takes, who may come, and who answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from dealtrace.errors import Language, Refusal
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import Parameter, ParameterTable
from dealtrace.http.replies import Reply, refusal_reply
from dealtrace.record import record

Respond = Callable[[Caller, Any], Awaitable[Reply]]
"""A handler: it takes what was sent, read by its table, or the items of its list."""


@record
class AuthScheme:
    """How a caller shows which site they come for: by a token in a parameter or a header, or by the address alone.

    `site` is the header that may name the site beside a token in a header.
    """

    token: Parameter | None = None
    site: Parameter | None = None
    is_header: bool = False

    @property
    def headers(self) -> tuple[Parameter, ...]:
        """List what stands in headers."""
        return tuple(one for one in (self.token, self.site) if one is not None) if self.is_header else ()


OPEN = AuthScheme()
"""No token: the address names the site."""


class RateLimitClass(Enum):
    """Which limit a request counts against."""

    API = "api"
    EXCHANGE = "exchange"
    FORM = "form"
    VISIT = "visit"


class ListBody(Protocol):
    """A body that is a list of things, each read by itself."""

    @property
    def name(self) -> str:
        """What the list is called in the body."""

    def items_of(self, body: bytes) -> list[Any]:
        """Find the list in a body.

        Raises:
            Refusal: there is none that can be read.
        """

    def described(self) -> list[Parameter]:
        """List all that may be said of one thing."""

    def schema(self) -> Mapping[str, Any]:
        """Describe the body in JSON Schema."""


JSON = "application/json"


@dataclass(frozen=True)
class Endpoint:
    """One address of the server: its path (no slash at the end), methods, parameters, and who answers.

    `name` tells it apart from others whose path ends alike. `refuse` writes its refusals. `batch` is for those that
    take a list as JSON. `answer` is the type of the answer, which `/openapi.json` describes; `redirects` is for those
    that lead elsewhere.
    """

    path: str
    methods: tuple[str, ...]
    table: ParameterTable
    respond: Respond
    ru: str
    en: str
    auth_scheme: AuthScheme
    name: str = ""
    rate_limit_class: RateLimitClass = RateLimitClass.API
    refuse: Callable[[Refusal, Language], Reply] = refusal_reply
    is_for_browsers: bool = False
    batch: ListBody | None = None
    is_shown_with_slash: bool = True
    answer: Any = dict[str, Any]
    answer_type: str = JSON
    refusal_type: str = JSON
    redirects: bool = False

    @property
    def shown_path(self) -> str:
        """The path as documents show it; it is served with and without a slash at the end."""
        return f"{self.path}/" if self.is_shown_with_slash else self.path

    def described(self) -> list[Parameter]:
        """List all a caller may send: headers first."""
        return [*self.auth_scheme.headers, *(self.batch or self.table).described()]
