"""The sample application: its history, what its database does, and the demo."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from alembic_ext import embedded
from sample_app import history, picture, telling
from sample_app.copies import HERE, Copy, Edit, copy
from sample_app.customers import Customer
from sample_app.demo import alembic as run_alembic
from sample_app.demo import schema
from sample_app.order_lines import OrderLine
from sample_app.orders import Order
from sample_app.payments import Payment
from sample_app.products import Offer, Product
from sample_app.telling import expect
from tests.databases import Cluster, Janitor
from tests.pgdump import Dump
from tests.project import ROOT

COMMITTED = {
    path.name: path.read_text(encoding="utf-8") for path in sorted((HERE / "migrations" / "versions").glob("*.py"))
}


def alembic(app: Copy, *words: str) -> str:
    done = app.alembic(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# ------------------------------------------------------------------------------------------------------------- history


def test_history_goes_up_and_down_in_steps(database: str, dump: Callable[..., Dump]) -> None:
    with copy(database) as app:
        seen = [dump(database)]
        for _ in COMMITTED:
            alembic(app, "upgrade", "+1")
            seen.append(dump(database))
        assert "No new upgrade operations detected." in alembic(app, "check")
        top = seen.pop()
        for before in reversed(seen):
            alembic(app, "downgrade", "-1")
            assert dump(database) == before
        alembic(app, "upgrade", "head")
        assert dump(database) == top


def test_the_tool_wrote_the_history(database: str) -> None:
    """To the byte; `python -m sample_app.history` writes it anew."""
    with copy(database) as app:
        written = history.write(app)
    assert list(written) == list(COMMITTED)
    for name, text in written.items():
        assert text.splitlines() == COMMITTED[name].splitlines(), name
        assert text == COMMITTED[name]


def test_env_knows_nothing_of_the_tool() -> None:
    texts = [path.read_text() for path in (HERE / "migrations").glob("*.*")]
    assert texts
    assert not any("alembic_ext" in text for text in [*texts, (HERE / "alembic.ini").read_text()])


def test_an_edit_must_fit() -> None:
    with copy("postgresql://") as app, pytest.raises(ValueError, match=r"base\.py has 0 times"):
        app.edit(Edit("base.py", "no such text", ""))


# ------------------------------------------------------------------------------------------------------------ behaviour


@pytest.fixture(scope="module")
def shop(postgresql_proc: Cluster) -> Iterator[sa.Engine]:
    """A database at the head."""
    janitor = Janitor(postgresql_proc, "shop")
    with janitor:
        with copy(janitor.url) as app:
            alembic(app, "upgrade", "head")
            engine = sa.create_engine(app.url)
        yield engine
        engine.dispose()


@pytest.fixture
def session(shop: sa.Engine) -> Iterator[Session]:
    """A transaction with one customer and one product in it, ten of which are in stock; it is rolled back."""
    with shop.connect() as connection, connection.begin() as transaction:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            session.execute(sa.text("INSERT INTO inventory (sku, name, price, on_hand) VALUES ('TEA', 'Tea', 4.5, 10)"))
            session.add(Customer(name="Ada", email="ada@example.org"))
            session.flush()
            yield session
        transaction.rollback()


def one(session: Session, query: str) -> object:
    return session.scalar(sa.text(query))


def ordered(session: Session, quantity: int) -> Order:
    product = session.scalars(sa.select(Product)).one()
    line = OrderLine(product=product, quantity=quantity, unit_price=product.price)
    order = Order(customer=session.scalars(sa.select(Customer)).one(), lines=[line])
    session.add(order)
    session.flush()
    return order


def test_changes_are_recorded(session: Session) -> None:
    product = session.scalars(sa.select(Product)).one()
    product.price = Decimal(5)
    session.flush()
    session.delete(session.scalars(sa.select(Customer)).one())
    session.flush()
    query = "SELECT relation, action, before->>'price', after->>'price' FROM audit_entry ORDER BY id"
    assert session.execute(sa.text(query)).all() == [
        ("product", "insert", None, "4.50"),
        ("customer", "insert", None, None),
        ("product", "update", "4.50", "5.00"),
        ("customer", "delete", None, None),
    ]


def test_updated_at_follows_changes(session: Session) -> None:
    session.execute(sa.text("ALTER TABLE customer DISABLE TRIGGER touch"))
    session.execute(sa.text("UPDATE customer SET updated_at = '2000-01-01'"))
    session.execute(sa.text("ALTER TABLE customer ENABLE TRIGGER touch"))
    session.execute(sa.text("UPDATE customer SET name = name"))
    assert one(session, "SELECT updated_at < '2001-01-01' FROM customer") is True
    session.execute(sa.text("UPDATE customer SET name = 'Ada Lovelace'"))
    assert one(session, "SELECT updated_at = now() FROM customer") is True


def test_stock_is_checked_when_it_is_all_there(session: Session) -> None:
    ordered(session, 12)
    session.execute(sa.text("CALL receive_goods('TEA', 2)"))
    session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(sa.text("SET CONSTRAINTS ALL DEFERRED"))
    session.execute(sa.text("UPDATE inventory SET on_hand = 11"))
    with pytest.raises(IntegrityError, match=r"product \d+ is promised 12 times, on hand are 11") as refused:
        session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert refused.value.orig.diag.constraint_name == "stock_suffices"  # type: ignore[union-attr]


def test_the_inventory_can_be_written(session: Session) -> None:
    session.execute(sa.text("UPDATE inventory SET price = 5, on_hand = 3 WHERE sku = 'TEA'"))
    session.execute(sa.text("INSERT INTO inventory (sku, name, price) VALUES ('POT', 'Teapot', 29)"))
    rows = session.execute(sa.text("SELECT sku, price, on_hand FROM inventory ORDER BY sku")).all()
    assert rows == [("POT", 29, 0), ("TEA", 5, 3)]


def test_the_procedure_gives_what_is_on_hand(session: Session) -> None:
    assert one(session, "CALL receive_goods('TEA', 5)") == 15
    with pytest.raises(sa.exc.ProgrammingError, match="there is no product COFFEE"):
        session.execute(sa.text("CALL receive_goods('COFFEE', 1)"))


def test_offers_are_read_through_the_mapped_view(session: Session) -> None:
    offer = session.scalars(sa.select(Offer)).one()
    assert (offer.sku, offer.name, offer.price) == ("TEA", "Tea", Decimal("4.50"))
    session.execute(sa.update(Product).values(discontinued=True))
    assert session.scalars(sa.select(Offer)).all() == []
    assert one(session, "SELECT obj_description('on_sale'::regclass)") == "What a visitor of the shop may buy."


def test_prices_are_gross_of_amounts_and_of_products(session: Session) -> None:
    assert one(session, "SELECT gross(10)") == 12
    assert one(session, "SELECT gross(10, 0.05)") == Decimal("10.50")
    assert one(session, "SELECT gross(product) FROM product") == Decimal("5.40")
    assert one(session, "SELECT p.gross FROM product p") == Decimal("5.40")


def test_an_order_is_paid_when_all_of_it_is(session: Session) -> None:
    order = ordered(session, 4)
    session.add(Payment(order=order, amount=Decimal(10)))
    session.flush()
    session.refresh(order)
    assert order.state == "open"
    session.add(Payment(order=order, amount=Decimal(8)))
    session.flush()
    session.refresh(order)
    assert order.state == "paid"


def test_best_customers_come_from_the_chain_of_views(session: Session) -> None:
    ordered(session, 4)
    session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(sa.text("REFRESH MATERIALIZED VIEW best_customer"))
    rows = session.execute(sa.text("SELECT name, turnover, place FROM best_customer")).all()
    assert rows == [("Ada", 18, 1)]
    with pytest.raises(sa.exc.IntegrityError, match="customer_email_check"):
        session.execute(sa.text("INSERT INTO customer (name, email) VALUES ('Bob', 'nowhere')"))


# ----------------------------------------------------------------------------------------------------------------- demo


def test_the_demo_plays() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sample_app.demo"],
        cwd=HERE.parent,
        env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},  # a terminal that knows ASCII
        capture_output=True,
        encoding="ascii",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\033[" not in done.stdout
    for words in ("# create materialized view bestseller", "refused at COMMIT", "All is as it should be"):
        assert words in done.stdout


def test_the_picture_in_the_readme_is_the_report() -> None:
    """Written by `python -m sample_app.picture` on the newest major: older ones have no names for NOT NULL."""
    with embedded.server() as server, psycopg.connect(server.url) as connection:
        if connection.info.server_version < 180000:
            pytest.skip("the picture is of PostgreSQL 18")
    assert picture.drawn(picture.page()) == picture.FILE.read_text("utf-8")
    assert f"({picture.FILE.relative_to(ROOT).as_posix()})" in (ROOT / "README.md").read_text("utf-8")


def test_the_demo_asks_the_catalog_where_there_is_no_pg_dump(
    shop: sa.Engine, server: embedded.Server, tmp_path: Path
) -> None:
    who, before = schema(replace(server, bin=tmp_path), shop)
    assert who == "the catalog"
    assert "CREATE MATERIALIZED VIEW public.best_customer" in before


def test_a_demo_that_goes_wrong_says_so() -> None:
    with pytest.raises(SystemExit, match="This should not be: as it is"):
        expect(False, "as it is")
    with copy("postgresql://") as app, pytest.raises(SystemExit, match="alembic nonsense: exit code 2"):
        run_alembic(app, "nonsense")


def test_code_is_shown_in_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "COLOURS", True)
    assert telling.coloured("op.x('a')  # b") == "op.x(\033[33m'a'\033[0m)  \033[32m# b\033[0m"
