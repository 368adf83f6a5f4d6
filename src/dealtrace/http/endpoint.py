"""What an endpoint is: its path and parameters, who may call it, and the handler that answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any, Protocol

from dealtrace.errors import Refusal
from dealtrace.http.caller import Caller
from dealtrace.http.json_item_keys import KnownKeys, ListedItems, known_keys
from dealtrace.http.parameter_table import Parameter, ParameterTable
from dealtrace.http.replies import RefusalWriter, Reply
from dealtrace.record import record

SCRIPT = "text/javascript"
"""The media type of scripts."""
Respond = Callable[[Caller, Any], Awaitable[Reply]]
"""A handler: a function that takes the caller and the parsed request, and returns the reply.

The request is typed Any: it is a `Sent`, or the items of a `ListBody` if the endpoint has a `batch`.
"""


@record
class AuthScheme:
    """How a request identifies its site: by a token in a parameter or header, or by the id of the site.

    With `is_header`, `token` and `site` are sent as headers; the header `site` may name the site in addition to the
    token. If the token is missing, but the token of the scheme `instead` is sent, then `instead` applies. `counter` is
    the parameter by which web pages, which have no token, name the site: it has the site's id or the code of the
    site's visit counter.
    """

    token: Parameter | None = None
    site: Parameter | None = None
    is_header: bool = False
    instead: "AuthScheme | None" = None
    counter: Parameter | None = None

    @property
    def headers(self) -> tuple[Parameter, ...]:
        """List the headers for the token and the site's id, if any, and then the headers of the scheme `instead`."""
        own = tuple(header for header in (self.token, self.site) if header is not None) if self.is_header else ()
        return own + (self.instead.headers if self.instead is not None else ())

    @property
    def tokens(self) -> tuple[Parameter, ...]:
        """List the parameters or headers that may have a token, those of `instead` too; one valid token is enough."""
        own = (self.token,) if self.token is not None else ()
        return own + (self.instead.tokens if self.instead is not None else ())


OPEN = AuthScheme()
"""The scheme of endpoints without a token: the path or a parameter has the site's id."""


class RateLimitClass(Enum):
    """The classes of endpoints; each class has its own rate limits."""

    API = "api"
    PBX = "exchange"
    FORM = "form"
    VISIT = "visit"
    CABINET = "cabinet"


class ListBody(Protocol):
    """A JSON body with a list of items, each of which is parsed and answered separately."""

    @property
    def name(self) -> str:
        """Return the key of the list in the body; empty if the body is a single object."""

    def items_of(self, body: bytes) -> ListedItems:
        """Return the items of a body, parsed as the endpoint expects them, and the unknown keys beside them.

        Raises:
            Refusal: the body has no list that can be parsed.
        """

    def described(self) -> list[Parameter]:
        """List the parameters that the documentation shows for this body, such as the keys of one item of its list."""

    def schema(self) -> Mapping[str, object]:
        """Return the JSON Schema of the body."""


JSON = "application/json"


@record
class Example:
    """An example request and its answer, for the documentation.

    `path` maps the name of each `{…}` part of the endpoint's path to a value. The documentation adds a token to the
    request. `body` is the JSON body of an endpoint with a `batch`. If `answer` is `None`, the documentation shows a
    sample made from the endpoint's answer type. `raw_answer` shows an answer that is not JSON as it is sent: its
    status, headers and first lines.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    answer: object = None
    raw_answer: str = ""


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: its path (without a slash at the end), methods, parameters and handler.

    - `name`: the name for the documentation, if the last part of the path does not identify the endpoint.
    - `refuse`: the function that writes error answers, if their format is not that of the API.
    - `statuses`: the HTTP statuses that differ from `STATUS_OF`.
    - `is_for_any_page`: whether scripts of any page may call the endpoint and read its answers.
    - `is_for_site_pages`: whether scripts may do so on pages of the origins that the site lists.
    - `reads_json`: whether a JSON object in the body is read as a form.
    - `batch`: the JSON list that the endpoint takes instead of parameters, if it takes one.
    - `answer`: the type of the answer for `/openapi.json`; an endpoint with `redirects` has no answer.
    - `refusals`: the refusals (error answers) that only this endpoint gives.
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
        """Return the path as the documentation shows it; it is served with and without a slash at the end."""
        return f"{self.path}/" if self.is_shown_with_slash else self.path

    @property
    def shown_name(self) -> str:
        """Return the endpoint's name in the documentation, unique among all endpoints."""
        return self.name or self.path.rsplit("/", 1)[-1]

    @property
    def is_script(self) -> bool:
        """Return whether the answer is a script for a web page.

        Ours: unknown parameters are not counted for scripts, because pages add some, such as `?v=2`, to bypass caches.
        """
        return self.answer_type == SCRIPT

    @property
    def is_preflighted(self) -> bool:
        """Return whether browsers may send a preflight request before the actual request."""
        return self.is_for_any_page and "POST" in self.methods

    @cached_property
    def item_keys(self) -> KnownKeys:
        """Return the keys that an item of `batch` may have; there are none if the endpoint has no `batch`."""
        return known_keys(self.batch.described() if self.batch is not None else ())

    @cached_property
    def item_key_paths(self) -> tuple[str, ...]:
        """Return the paths of all `item_keys`; top-level keys also appear below the list's name: `orders.status`."""
        keys = self.item_keys
        if self.batch is None or not self.batch.name:
            return tuple(keys.paths())
        return (*keys.paths(), *(f"{self.batch.name}.{key}" for key in keys.keys))

    def described(self) -> list[Parameter]:
        """List every header and parameter that a caller may send, headers first."""
        return [*self.auth_scheme.headers, *(self.batch or self.table).described()]
