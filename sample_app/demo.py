"""The story of one change, on a server that lives as long as the story: ``python -m sample_app.demo``.

A developer adds a materialized view and a trigger and gives a column another type, under a chain of views. The tool
writes the revision; the database says whether it is right. The exit code is not 0 if anything is not as it should be.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import textwrap
import time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alembic_ext import catalog, embedded
from alembic_ext.session import through
from sample_app.copies import Copy, Edit, copy
from sample_app.customers import Customer
from sample_app.order_lines import OrderLine
from sample_app.orders import Order
from sample_app.payments import Payment
from sample_app.products import Offer
from sample_app.telling import answer, coloured, expect, fail, folded, paint, say, show_edit

LINES = """\
    unit_price: Mapped[Decimal] = mapped_column(Numeric(8, 2))

    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()

    __table_args__ = (CheckConstraint(quantity > 0, name="quantity"),)
"""
FINER_AND_AUDITED = """\
    unit_price: Mapped[Decimal] = mapped_column(Numeric(12, 4))

    order: Mapped[Order] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()

    __table_args__ = (CheckConstraint(quantity > 0, name="quantity"), audited())
"""
IMPORTS = "from sample_app.base import Base\n"
BESTSELLER = """\
CREATE MATERIALIZED VIEW bestseller AS
SELECT p.sku, p.name, sum(l.amount) AS sold
FROM line_total l JOIN order_total o USING (order_id) JOIN product p ON p.id = l.product_id
GROUP BY p.id;

CREATE UNIQUE INDEX bestseller_key ON bestseller (sku);
"""
EDITS = (
    Edit("order_lines.py", IMPORTS, f"from sample_app.audit import audited\n{IMPORTS}"),
    Edit("order_lines.py", LINES, FINER_AND_AUDITED),
    Edit("sql/reports/bestseller.sql", "", BESTSELLER),
)


def main() -> None:
    """Play the story."""
    started = time.monotonic()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # whatever the terminal can show
    say("A PostgreSQL server starts, and the shop is copied to a temporary folder")
    with embedded.server() as server, copy(server.url) as app:
        engine = sa.create_engine(app.url)
        answer(scalar(engine, "SELECT version()").partition(" on ")[0])
        play(app, engine, server)
        engine.dispose()
    print(f"\n{paint('All is as it should be', '1;32')}, after {time.monotonic() - started:.0f} s.")


def play(app: Copy, engine: sa.Engine, server: embedded.Server) -> None:
    """Tell it from the first upgrade to the last downgrade."""
    say("The history so far, which the tool wrote too", "alembic upgrade head")
    alembic(app, "upgrade", "head")
    answer(census(engine))
    witness, before = schema(server, engine)

    say("A developer works: a finer price under three views, one more audited table, a materialized view")
    for edit in EDITS:
        app.edit(edit)
        show_edit(f"sample_app/{edit.file}", edit.old, edit.new)

    say("Alembic sees it", "alembic check")
    answer(textwrap.shorten(alembic(app, "check", code=255)[1].splitlines()[-1], 240, placeholder=" …"))

    say("One command writes the revision", 'alembic revision --autogenerate -m "bestsellers"')
    said = alembic(app, "revision", "--autogenerate", "--rev-id", "0005", "-m", "bestsellers")[1]
    answer("\n".join(line for line in said.splitlines() if "Detected" in line))
    written = (app.versions / "0005_bestsellers.py").read_text(encoding="utf-8")
    print(f"\n{coloured(folded(written))}")

    say(
        "A pipeline looks at it, in throw-away databases: do the models and the revisions agree, is there a way back?",
        "alembic-ext check --from-migrations",
        "alembic-ext test",
    )
    answer(alembic_ext(app, "check", "--from-migrations", "--dev-url", server.url))
    answer(alembic_ext(app, "test", "--dev-url", server.url))
    say("What will it do to production? PostgreSQL is watched while it runs", "alembic-ext lint", "alembic-ext report")
    found = alembic_ext(app, "lint", "--dev-url", server.url, code=1)
    expect("type-change-rewrites" in found, "nobody says that the table is written anew")
    answer("\n".join(line for line in found.splitlines() if line.startswith(("error", "warning", "lint:"))))
    page = alembic_ext(app, "report", "--dev-url", server.url, code=1)
    expect("bestseller" in page, "the report does not speak of the new view")
    answer(f"a page for the reviewer, {len(page.splitlines())} lines of Markdown")

    say("It is deployed, and nothing is left to do", "alembic-ext deploy", "alembic check")
    answer(alembic_ext(app, "deploy").partition("\n")[0])
    answer(alembic(app, "check")[0].strip())
    answer(census(engine))

    say("The shop is open")
    trade(engine)
    look(engine)

    say("Somebody changes production by hand, and it is found", "alembic-ext drift $PRODUCTION")
    execute(engine, "DROP INDEX bestseller_key; ALTER TABLE product ADD COLUMN note text")
    found = alembic_ext(app, "drift", server.url, "--dev-url", server.url, code=1)
    answer("\n".join(line for line in found.splitlines() if not line.startswith("  help:")))
    expect("bestseller_key" in found and "note" in found, "not everything was found")
    execute(engine, "CREATE UNIQUE INDEX bestseller_key ON bestseller (sku); ALTER TABLE product DROP COLUMN note")
    answer(f"And with that SQL run: {alembic_ext(app, 'drift', server.url, '--dev-url', server.url)}")

    say("And back", "alembic downgrade -1")
    alembic(app, "downgrade", "-1")
    expect(schema(server, engine)[1] == before, "the schema is not what it was")
    answer(f"The schema is what it was, says {witness}; and the orders are there:")
    answer(table(engine, "SELECT name, orders, turnover FROM customer_turnover ORDER BY name"))


def trade(engine: sa.Engine) -> None:
    """Fill the shelves through a view and a procedure, and sell through the ORM."""
    with engine.begin() as connection:
        goods = "('TEA', 'Tea', 4.4975, 40), ('POT', 'Teapot', 29.00, 2)"
        connection.execute(sa.text(f"INSERT INTO inventory (sku, name, price, on_hand) VALUES {goods}"))
        on_hand = connection.scalar(sa.text("CALL receive_goods('POT', 3)"))
    answer(f"INSERT INTO inventory, a view: 2 products; CALL receive_goods('POT', 3): {on_hand} on hand")
    expect(on_hand == 5, "the procedure did not count")

    with Session(engine) as session:
        tea, pot = session.scalars(sa.select(Offer).order_by(Offer.price)).all()
        fine = {tea: Decimal("4.4975"), pot: Decimal("29")}
        for name, amounts in {"Ada": {tea: 10, pot: 1}, "Grace": {tea: 4}}.items():
            lines = [OrderLine(product_id=it.id, quantity=count, unit_price=fine[it]) for it, count in amounts.items()]
            session.add(Order(customer=Customer(name=name, email=f"{name.lower()}@example.org"), lines=lines))
        session.commit()
        order = session.scalars(sa.select(Order).join(Customer).where(Customer.name == "Ada")).one()
        session.add(Payment(order=order, amount=Decimal("74.00")))
        session.commit()
        answer(f"Ada and Grace order, Ada pays: a trigger says that her order is {order.state}")
        expect(order.state == "paid", "the order is not paid")

        next(line for line in order.lines if line.product_id == pot.id).quantity = 6
        try:
            session.commit()
        except IntegrityError as error:
            answer(f"Six teapots for Ada are refused at COMMIT: {str(error.orig).splitlines()[0]}")
        else:
            fail("an order for more than there is went through")


def look(engine: sa.Engine) -> None:
    """See what the new trigger and the new materialized view made of it."""
    lines = scalar(engine, "SELECT count(*) FROM audit_entry WHERE relation = 'order_line'")
    answer(f"The new trigger wrote into audit_entry: {lines} lines")
    expect(lines == 3, "not three audited lines")
    with engine.begin() as connection:
        connection.execute(sa.text("REFRESH MATERIALIZED VIEW bestseller"))
        connection.execute(sa.text("REFRESH MATERIALIZED VIEW best_customer"))
    answer("The materialized views, refreshed:")
    answer(table(engine, "SELECT * FROM bestseller ORDER BY sold DESC"))
    answer(table(engine, "SELECT name, turnover, place FROM best_customer ORDER BY place"))
    sold = scalar(engine, "SELECT sold FROM bestseller WHERE sku = 'TEA'")
    expect(sold == 14 * Decimal("4.4975"), "the tea is miscounted")


def alembic(app: Copy, *words: str, code: int = 0) -> tuple[str, str]:
    """Run `alembic`; what it answers and what it logs, unless it ends in another way than expected."""
    done = app.alembic(*words)
    if done.returncode != code:
        fail(f"alembic {' '.join(words)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def alembic_ext(app: Copy, command: str, *words: str, code: int = 0) -> str:
    """Run `alembic-ext`; its report, unless it ends in another way than expected."""
    done = app.alembic_ext(command, *words)
    if done.returncode != code:
        fail(f"alembic-ext {command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def schema(server: embedded.Server, engine: sa.Engine) -> tuple[str, str]:
    """Who says what the schema is: pg_dump, or the catalog if the server came without it; and what it says."""
    if not (server.bin / "pg_dump").exists():
        with engine.connect() as connection:
            stored = catalog.read(through(connection), int(connection.scalar(sa.text("SHOW server_version_num")) or 0))
        return "the catalog", "\n".join(";\n".join(stored[key].definition) for key in sorted(stored))
    words = [str(server.bin / "pg_dump"), "--schema-only", "--exclude-table=alembic_version", f"--dbname={server.url}"]
    done = subprocess.run(
        words, env=embedded.environment(server.bin), capture_output=True, encoding="utf-8", check=True
    )
    return "pg_dump", re.sub(r"^\\(un)?restrict .*\n", "", done.stdout, flags=re.MULTILINE)  # with a random word


def execute(engine: sa.Engine, statements: str) -> None:
    """Do something by hand."""
    with engine.begin() as connection:
        connection.execute(sa.text(statements))


def scalar(engine: sa.Engine, query: str) -> Any:
    """The one value of a query."""
    with engine.connect() as connection:
        return connection.scalar(sa.text(query))


def table(engine: sa.Engine, query: str) -> str:
    """The rows of a query below each other."""
    with engine.connect() as connection:
        found = connection.execute(sa.text(query))
        rows = [tuple(found.keys()), *(tuple(map(str, row)) for row in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


CENSUS = """
    SELECT string_agg(format('%s: %s', kind, count), ', ' ORDER BY kind) FROM (
      SELECT CASE relkind WHEN 'r' THEN 'tables' WHEN 'v' THEN 'views' ELSE 'materialized views' END, count(*)
      FROM pg_class WHERE relkind IN ('r', 'v', 'm') AND relnamespace = 'public'::regnamespace GROUP BY 1
      UNION ALL
      SELECT CASE prokind WHEN 'p' THEN 'procedures' ELSE 'functions' END, count(*)
      FROM pg_proc WHERE pronamespace = 'public'::regnamespace GROUP BY 1
      UNION ALL
      SELECT 'triggers', count(*) FROM pg_trigger WHERE NOT tgisinternal) found (kind, count)"""


def census(engine: sa.Engine) -> str:
    """How many objects there are, alembic_version included."""
    counted: str = scalar(engine, CENSUS)
    return counted


if __name__ == "__main__":
    main()
