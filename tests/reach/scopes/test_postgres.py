"""What logins of a real PostgreSQL may do, read and tried."""

from collections.abc import Iterator
from secrets import token_hex

import psycopg
import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.declared import Power
from prodproof.facts.secret_scope import Holding, SecretScope, Trial
from prodproof.reach.scopes.postgres import scope_of
from prodproof.reach.secret import Secret
from tests.servers import postgres

READS = (Power.parse("postgres: SELECT on orders"),)
Held = dict[tuple[str, str], tuple[str, ...]]


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.PostgresServer]:
    with postgres.running() as running:
        yield running


class Database:
    """A database with one table and a role `reporting` that may read it."""

    def __init__(self, server: postgres.PostgresServer) -> None:
        self.name, self.role, self.password = f"d{token_hex(4)}", f"r{token_hex(4)}", token_hex(12)
        self._server = server
        self._admin = server.create_database(self.name)
        self.run(f"CREATE ROLE {self.role} LOGIN PASSWORD '{self.password}'")
        self.run("REVOKE ALL ON SCHEMA public FROM PUBLIC", f"GRANT USAGE ON SCHEMA public TO {self.role}")
        self.run("CREATE TABLE orders (id int, total int)", f"GRANT SELECT ON orders TO {self.role}")

    def run(self, *statements: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    @property
    def place(self) -> str:
        return f"postgresql://{self.role}@127.0.0.1:{self._server.port}/{self.name}"

    @property
    def dsn(self) -> Secret:
        return Secret(self.place.replace("@", f":{self.password}@"))

    def look(self, *may: str) -> SecretScope:
        found = scope_of(self.dsn, None, tuple(map(Power.parse, may)) or READS)
        assert isinstance(found, SecretScope), found
        return found

    def count(self) -> int:
        with psycopg.connect(self._admin) as connection:
            row = connection.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'prodproof%'").fetchone()
            assert row is not None
            return int(row[0])


@pytest.fixture
def database(server: postgres.PostgresServer) -> Database:
    return Database(server)


def held(scope: SecretScope) -> Held:
    return {(item.kind, item.name): item.actions for item in scope.holdings}


def test_a_role_that_may_read_one_table(database: Database) -> None:
    scope = database.look()
    assert (scope.identity, scope.holdings, scope.powers, scope.within) == (database.role, (), (), 1)
    assert scope.trial == Trial(act="deleting no row of orders", refused=True)
    assert scope.expires is None


def test_only_the_password_with_the_place_declared(database: Database) -> None:
    found = scope_of(Secret(database.password), database.place, READS)
    assert isinstance(found, SecretScope) and found.identity == database.role


def test_the_user_that_is_kept_beside_the_password_logs_in(database: Database) -> None:
    place = database.place.replace(f"//{database.role}@", "//whoever-it-was@")
    assert place != database.place
    found = scope_of(Secret(database.password), place, READS, database.role)
    assert isinstance(found, SecretScope) and found.identity == database.role


def test_it_may_write(database: Database) -> None:
    database.run(f"GRANT INSERT, DELETE ON orders TO {database.role}")
    scope = database.look()
    assert held(scope) == {("table", "orders"): ("INSERT", "DELETE")}
    assert scope.trial == Trial(act="making a table", refused=True)


def test_single_columns_count(database: Database) -> None:
    database.run(f"GRANT UPDATE (total) ON orders TO {database.role}")
    assert held(database.look()) == {("table", "orders"): ("UPDATE",)}


def test_a_grant_to_everybody_is_its_own_too(database: Database) -> None:
    database.run("CREATE TABLE people (id int)", "GRANT SELECT ON people TO PUBLIC")
    assert held(database.look()) == {("table", "people"): ("SELECT",)}


def test_a_table_in_a_schema_that_it_may_not_use_is_out_of_reach(database: Database) -> None:
    database.run("CREATE SCHEMA hidden", "CREATE TABLE hidden.t (id int)", "GRANT SELECT ON hidden.t TO PUBLIC")
    assert held(database.look()) == {}
    database.run(f"GRANT USAGE ON SCHEMA hidden TO {database.role}")
    assert held(database.look()) == {("table", "hidden.t"): ("SELECT",)}


def test_rights_of_a_role_that_it_may_become_without_inheriting(database: Database) -> None:
    other = f"w{token_hex(4)}"
    database.run(f"CREATE ROLE {other}", f"GRANT INSERT ON orders TO {other}", f"ALTER ROLE {database.role} NOINHERIT")
    database.run(f"GRANT USAGE ON SCHEMA public TO {other}", f"GRANT {other} TO {database.role}")
    assert held(database.look()) == {("table", "orders"): ("INSERT",), ("role", other): ("MEMBER",)}
    assert held(database.look(f"postgres: MEMBER on {other}", "postgres: SELECT, INSERT on orders")) == {}


def test_a_superuser(database: Database) -> None:
    database.run(f"ALTER ROLE {database.role} SUPERUSER")
    scope = database.look()
    assert scope.powers == ("SUPERUSER",)
    assert isinstance(scope.trial, Unseen)


def test_attributes_and_their_declaration(database: Database) -> None:
    database.run(f"ALTER ROLE {database.role} CREATEDB CREATEROLE BYPASSRLS")
    assert database.look().powers == ("CREATEROLE", "CREATEDB", "BYPASSRLS")
    assert database.look("postgres: SELECT on orders", "postgres: CREATEDB, CREATEROLE, BYPASSRLS").powers == ()


def test_an_end(database: Database) -> None:
    database.run(f"ALTER ROLE {database.role} VALID UNTIL '2100-01-02 00:00:00+00'")
    expires = database.look().expires
    assert expires is not None and expires.year == 2100
    database.run(f"ALTER ROLE {database.role} VALID UNTIL 'infinity'")
    assert database.look().expires is None


def test_ownership_schemas_and_tables_to_come(database: Database) -> None:
    owner = f"o{token_hex(4)}"
    database.run(
        f"CREATE ROLE {owner}",
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT ON TABLES TO {database.role}",
        f"GRANT CREATE ON SCHEMA public TO {database.role}",
        "CREATE TABLE own (id int)",
        f"ALTER TABLE own OWNER TO {database.role}",
    )
    found = held(database.look())
    assert "OWN" in found["table", "own"]
    assert found["schema", "public"] == ("CREATE",)
    futures = [item for item in database.look().holdings if item.kind == "future tables of"]
    assert futures == [
        Holding(kind="future tables of", name=owner, actions=(action,)) for action in ("INSERT", "SELECT")
    ]


def test_functions_that_run_as_somebody_else(database: Database) -> None:
    database.run(
        "CREATE FUNCTION wipe() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM public.orders'",
        "CREATE FUNCTION plain() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    )
    assert held(database.look()) == {("function", "wipe"): ("EXECUTE",)}
    database.run("REVOKE EXECUTE ON FUNCTION wipe() FROM PUBLIC")
    assert held(database.look()) == {}


def test_a_name_that_is_hostile_to_sql(database: Database) -> None:
    database.run('CREATE TABLE "a""; DROP TABLE orders; --" (id int)')
    scope = database.look("postgres: SELECT, INSERT, UPDATE, DELETE on orders")
    assert scope.trial == Trial(act='deleting no row of a"; DROP TABLE orders; --', refused=True)
    assert held(scope) == {}


def test_what_is_tried_leaves_nothing(database: Database) -> None:
    everything = "postgres: SELECT, INSERT, UPDATE, DELETE on *"
    assert database.look(everything).trial == Trial(act="making a table", refused=True)
    database.run(f"GRANT CREATE ON SCHEMA public TO {database.role}")
    scope = database.look("postgres: ALL on *")
    assert scope.trial == Trial(act="making a role", refused=True)
    assert database.count() == 0


def test_a_table_with_triggers_is_not_tried_on(database: Database) -> None:
    database.run(
        "CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER t BEFORE DELETE ON orders FOR EACH STATEMENT EXECUTE FUNCTION t()",
    )
    assert database.look().trial == Trial(act="making a table", refused=True)


def test_read_only_by_default_is_no_refusal(database: Database) -> None:
    database.run(f"ALTER ROLE {database.role} SET default_transaction_read_only = on")
    assert database.look().trial == Trial(act="deleting no row of orders", refused=True)
    database.run(f"GRANT DELETE ON orders TO {database.role}")
    assert held(database.look()) == {("table", "orders"): ("DELETE",)}


def test_tables_that_shadow_the_catalogue_change_nothing(database: Database) -> None:
    database.run(
        f"CREATE SCHEMA {database.role} AUTHORIZATION {database.role}",
        f"CREATE VIEW {database.role}.pg_roles AS SELECT 1::oid AS oid, 'x'::name AS rolname",
        f"ALTER ROLE {database.role} SET search_path = {database.role}, public",
    )
    assert database.look().identity == database.role


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace("@127", "x@127"), Reason.DENIED),
        (lambda text: text.rpartition("/")[0] + "/none", Reason.NOT_CONFIGURED),
        (lambda text: "postgresql://a:b@127.0.0.1:1/x", Reason.UNREACHABLE),
        (lambda text: "host=127.0.0.1 nonsense=1", Reason.NOT_CONFIGURED),
        (lambda text: "just-a-password", Reason.NOT_DECLARED),
    ],
)
def test_no_login_has_its_true_reason_and_no_value(database: Database, change: object, reason: Reason) -> None:
    assert callable(change)
    found = scope_of(Secret(change(database.dsn.reveal())), None, READS)
    assert isinstance(found, Unseen) and found.why is reason, found
    assert database.password not in found.detail
