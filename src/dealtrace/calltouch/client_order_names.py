"""Names that the deals API 2.0 both reads and answers with: the kinds of contacts, and the types of matchers."""

from collections.abc import Mapping

from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.leads.lead import KIND_NAMES

CONTACT_NAMES: Mapping[str, str] = {
    "phoneNumber": "phones",
    "email": "emails",
    "waPhone": "whatsapp_phones",
    "tgId": "telegram_ids",
    "tgUsername": "telegram_names",
    "vkId": "vk_ids",
}
"""Maps the API's key for each kind of contact to the field of `ContactBook`."""
VISIT_TYPE = "session"
"""The type of a matcher that names visits, which the API calls sessions."""
_OF_OTHERS = {
    MatcherKind.SOURCE: "customSources",
    MatcherKind.NO_SOURCE: "withoutSource",
    MatcherKind.CHAT: "chat",
    MatcherKind.VISIT: VISIT_TYPE,
}


def type_of_matcher(matcher: Matcher) -> str:
    """Return the type of a matcher, a search for a deal's source, as the API writes it: for example `callContact`."""
    match matcher.way:
        case MatcherKind.ID:
            return KIND_NAMES[matcher.kinds[0]]
        case MatcherKind.CONTACT:
            return f"{KIND_NAMES[matcher.kinds[0]]}Contact" if len(matcher.kinds) == 1 else "leadContact"
        case way:
            return _OF_OTHERS[way]
