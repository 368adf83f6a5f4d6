"""An endpoint: its path, what it takes, who may call it, and who answers."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from dealtrace.errors import Refusal
from dealtrace.http.caller import Caller
from dealtrace.http.parameters import Parameter, ParameterTable
from dealtrace.http.replies import RefusalWriter, Reply
from dealtrace.record import record

Respond = Callable[[Caller, Any], Awaitable[Reply]]
"""A handler: it takes the caller, and what was sent.

Any: the endpoint's own table or body decides whether that is a `Sent` or the items of a `ListBody`.
"""


@record
class AuthScheme:
    """How a caller shows which site they call for: by a token in a parameter or a header, or by naming the site.

    `site` is the header that may name the site beside a token in a header. `instead` is another scheme, which counts
    if the token of this one is not sent. `counter` is the parameter by which a page names the site without a token: its
    number, or the code of its counter.
    """

    token: Parameter | None = None
    site: Parameter | None = None
    is_header: bool = False
    instead: "AuthScheme | None" = None
    counter: Parameter | None = None

    @property
    def headers(self) -> tuple[Parameter, ...]:
        """List the headers of the scheme, and of the one that may be used instead."""
        own = tuple(header for header in (self.token, self.site) if header is not None) if self.is_header else ()
        return own + (self.instead.headers if self.instead is not None else ())

    @property
    def tokens(self) -> tuple[Parameter, ...]:
        """List the tokens, any of which opens the endpoint."""
        own = (self.token,) if self.token is not None else ()
        return own + (self.instead.tokens if self.instead is not None else ())


OPEN = AuthScheme()
"""No token: the path or a parameter names the site."""


class RateLimitClass(Enum):
    """Which rate limit a request counts against."""

    API = "api"
    EXCHANGE = "exchange"
    FORM = "form"
    VISIT = "visit"
    CABINET = "cabinet"


class ListBody(Protocol):
    """A JSON body that lists items, each of which is read on its own."""

    @property
    def name(self) -> str:
        """The key of the list in the body."""

    def items_of(self, body: bytes) -> Sequence[object]:
        """Return the items of a body, each as the endpoint reads it.

        Raises:
            Refusal: the body holds no list that can be read.
        """

    def described(self) -> list[Parameter]:
        """List the parameters of one item."""

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of the body."""


JSON = "application/json"


@record
class Example:
    """A request to copy and its answer; `path` fills the `{…}` parts, the token is added by the description.

    `body` is the JSON of an endpoint with a list. Without an `answer`, one is made from the type of the answer.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    answer: object = None


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: its path (no slash at the end), methods, parameters, and who answers.

    `name` distinguishes it from others whose paths end alike. `refuse` writes its refusals where the API's error body
    will not do, and `statuses` are the HTTP statuses that differ from `STATUS_OF` here. With `is_for_any_page`, scripts
    of any page may call it and read its answers; with `is_for_site_pages`, those of the origins that the site names.
    With `reads_json` a body that is an object of JSON counts as its form, whatever type it claims.
    `batch` is the list that it takes as JSON instead of parameters.
    `answer` is the type of its answer, which `/openapi.json` describes; `redirects` is for endpoints that answer with
    another URL, and have none. `refusals` are those of its own, beside what every endpoint of its kind may answer;
    `example` is a request to copy.
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
    refuse: RefusalWriter | None = None
    statuses: Mapping[type[Refusal], int] = field(default_factory=dict)
    is_for_any_page: bool = False
    is_for_site_pages: bool = False
    reads_json: bool = False
    batch: ListBody | None = None
    is_shown_with_slash: bool = True
    answer: object = field(kw_only=True)
    answer_type: str = JSON
    refusal_type: str = JSON
    redirects: bool = False
    refusals: tuple[type[Refusal], ...] = ()
    example: Example = field(default_factory=Example)

    @property
    def shown_path(self) -> str:
        """The path as documents show it; it is served with and without a slash at the end."""
        return f"{self.path}/" if self.is_shown_with_slash else self.path

    @property
    def shown_name(self) -> str:
        """The name by which documents know it, unique among all endpoints."""
        return self.name or self.path.rsplit("/", 1)[-1]

    @property
    def is_preflighted(self) -> bool:
        """Whether browsers may ask before they call it; a page's GET needs no asking."""
        return self.is_for_any_page and "POST" in self.methods

    def described(self) -> list[Parameter]:
        """List everything a caller may send, headers first."""
        return [*self.auth_scheme.headers, *(self.batch or self.table).described()]
