"""The lines of the checklist: each is complete, and registers what it says when it is run with a token."""

import html
import os
import re
import shutil
import subprocess

import pytest

from absent import leave_out
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from engines import on_one_engine
from guests import member_of, text_of
from server import ServerProcess

pytestmark = on_one_engine
STEP = re.compile(r"<li>([○✓]) <strong>([^<]*)</strong>(.*?)</li>", re.DOTALL)
LINKS = {
    "Calls from the PBX": "inbound-call",
    "Lead requests from forms": "requests-register",
    "Deals from the CRM": "register",
}


@pytest.fixture
def owner(served: Stage) -> Player:
    """Give a site that nothing has reached yet."""
    return served.open_site()


def steps_of(page: str) -> dict[str, tuple[str, str]]:
    """Return the sign and what follows of each step, by its title."""
    return {title: (sign, rest) for sign, title, rest in STEP.findall(page)}


def line_in(step: str) -> str:
    found = re.search(r"<pre>(.*?)</pre>", step, re.DOTALL)
    assert found is not None, step
    return html.unescape(found[1])


def run(line: str) -> str:
    if shutil.which("curl") is None:
        leave_out("curl", "curl")
    done = subprocess.run(
        ["bash", "-euc", f"{line} -sS"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NO_PROXY": "*"},
    )
    return done.stdout


def test_each_line_registers_what_its_step_waits_for(server: ServerProcess, served: Stage, owner: Player) -> None:
    boss = member_of(server, served, owner.site.id)
    page = boss.get("").text
    for title, method in LINKS.items():
        sign, step = steps_of(page)[title]
        line = line_in(step)
        assert (sign, line.startswith("curl ")) == ("○", True)
        assert owner.token not in page
        assert f'href="/docs/methods/{method}?site={owner.site.id}"' in step
        assert boss.http.get(f"/docs/methods/{method}").status_code == 200
        takes_token = title != "Lead requests from forms"
        assert ("YOUR_TOKEN" in line) == takes_token
        assert (f'href="/cabinet/{owner.site.id}/settings/tokens"' in step) == takes_token
        answer = run(line.replace("YOUR_TOKEN", owner.token))
        page = boss.get("").text
        assert steps_of(page)[title][0] == "✓", answer


def test_only_owners_are_led_to_the_tokens(server: ServerProcess, served: Stage, owner: Player) -> None:
    reader = member_of(server, served, owner.site.id, Role.READER, language="ru")
    page = reader.get("").text
    assert "settings/tokens" not in page
    assert "Токены выпускают владельцы сайта." in text_of(page)
    assert reader.get("").status_code == 200
