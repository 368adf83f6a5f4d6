"""The link beside the smallest change opens the fold in which the lead is chosen by hand."""

import pytest

from browser import Browser
from cast import Stage, moscow
from dealtrace.operations.deals.register import register_deals
from guests import member_of
from server import ServerProcess
from write_commands import by_contact, registration

DAY = "2018-03-26"
LINK = "document.querySelector('a[href=\"#pin\"]')"
IS_SEEN = """(box => box.height > 0 && box.top < innerHeight && box.bottom > 0)(
 document.querySelector('#pin legend').getBoundingClientRect())"""


@pytest.mark.parametrize("runs_scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_link_opens_the_fold_and_shows_it(
    host: ServerProcess, stage_of_host: Stage, browser: Browser, width: int, *, runs_scripts: bool
) -> None:
    player = stage_of_host.open_site(contact_matching=True)
    stage_of_host.call(player, moscow(DAY, "08:00:00"))
    (outcome,) = stage_of_host.perform(register_deals, player, registration("1", clue=by_contact("79205550055")))
    owner = member_of(host, stage_of_host, player.site.id)
    browser.emulate(width=width, runs_scripts=runs_scripts)
    browser.keep_cookie("session", owner.secret, host.url)
    browser.open(f"{host.url}/cabinet/{player.site.id}/deals/{outcome.deal_id}")
    browser.run(f"{LINK}.scrollIntoView({{block: 'center'}})")
    left, top = browser.run(f"(box => [box.left, box.top])({LINK}.getClientRects()[0])")
    assert browser.run("document.querySelector('#pin').closest('details').open") is False
    browser.click(left + 5, top + 5)
    browser.wait("document.querySelector('#pin').closest('details').open")
    browser.wait(IS_SEEN)
    assert browser.run("location.hash") == "#pin"
    assert browser.complaints == []
