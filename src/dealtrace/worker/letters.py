"""Write the letters of mails, of whatever they are about."""

from dealtrace.accounts.site import Site
from dealtrace.mails.letter import Letter
from dealtrace.mails.mail import Mail
from dealtrace.operations.alerts.write_letter import write_alert_letter
from dealtrace.runtime.read_pool import ReadPool


class Letters:
    """Writes letters; `cabinet` is the address of the cabinet."""

    def __init__(self, read_pool: ReadPool, cabinet: str) -> None:
        self._read_pool = read_pool
        self._cabinet = cabinet

    async def write(self, site: Site, mail: Mail) -> Letter | None:
        """Return the letter of a mail, `None` if what it is about is gone."""
        return await self._read_pool.read(write_alert_letter, site, mail, self._cabinet)
