r"""Remove invisible marks and blanks from the currencies of deals and rates: `\u200eusd` was a currency of its own."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"

RUBLES = {"rub", "rur", "₽", "руб", "643", "810", "р", "рубль", "рубли", "рублей", "ruble", "rubles"}
_INVISIBLE = ("Cc", "Cf", "Mn", "Me")


def upgrade() -> None:
    """Apply the migration; rates of a marked currency are kept only if the unmarked currency has no rates."""
    connection, site = op.get_bind(), sa.table("site", sa.column("id"))
    deal = sa.table("deal", sa.column("site_id"), sa.column("currency"))
    rate = sa.table("currency_rate", sa.column("site_id"), sa.column("currency"))
    for site_id in connection.execute(sa.select(site.c.id)).scalars().all():
        foreign = sa.select(deal.c.currency).where(deal.c.site_id == site_id, sa.text("currency <> 'rub'")).distinct()
        rated = sa.select(rate.c.currency).where(rate.c.site_id == site_id).distinct()
        rates = set(connection.execute(rated).scalars())
        for found in sorted({*connection.execute(foreign).scalars(), *rates}):
            clean = _clean(found)
            if clean == found:
                continue
            mine = sa.update(deal).where(deal.c.site_id == site_id, deal.c.currency == found)
            connection.execute(mine.values(currency=clean))
            odd = (rate.c.site_id == site_id, rate.c.currency == found)
            if clean is None or clean == "rub" or clean in rates:
                connection.execute(sa.delete(rate).where(*odd))
            elif found in rates:
                connection.execute(sa.update(rate).where(*odd).values(currency=clean))
                rates.add(clean)


def _clean(currency: str) -> str | None:
    """Return a currency without marks and blanks around it; a currency without any is returned unchanged."""
    shown = "".join(sign for sign in currency if unicodedata.category(sign) not in _INVISIBLE)
    word = unicodedata.normalize("NFKC", shown).strip().lower()
    if word == currency:
        return currency
    return "rub" if word.removesuffix(".") in RUBLES else word or None
