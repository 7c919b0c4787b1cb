"""What PostgreSQL keeps beside the tables: definitions, comments, settings, running queries, large objects."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from prodproof.facts import Reason
from prodproof.trace.content.feed import feed
from prodproof.trace.content.reader import chunks
from prodproof.trace.sources._postgres_link import Link, meaning
from prodproof.trace.sources._postgres_tables import WHOLE, quoted
from prodproof.trace.stream import Item, Sink

# Objects that the server came with have lower numbers (FirstNormalObjectId).
_OWN = "16384"


@dataclass(frozen=True)
class Text:
    """Texts of one kind."""

    name: str
    query: str
    """Two columns of text: where it stands, and what stands there."""

    closed: str = ""
    """How many of them this role may not see, as a query for one number."""

    needs: str = ""
    """What would open them, for people."""


TEXTS = (
    Text(
        "functions",
        "SELECT n.nspname || '.' || p.proname || '()', pg_get_functiondef(p.oid)"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        f" WHERE p.oid >= {_OWN} AND p.prokind <> 'a'",
    ),
    Text(
        "views",
        "SELECT n.nspname || '.' || c.relname || '!view', pg_get_viewdef(c.oid)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE c.oid >= {_OWN} AND c.relkind IN ('v', 'm')",
    ),
    Text(
        "defaults",
        "SELECT n.nspname || '.' || c.relname || '!default', pg_get_expr(d.adbin, d.adrelid)"
        " FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE d.oid >= {_OWN}",
    ),
    Text(
        "constraints",
        f"SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE oid >= {_OWN} AND contype IN ('c', 'x')",
    ),
    Text("triggers", "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"),
    Text(
        "rules", f"SELECT rulename, pg_get_ruledef(oid) FROM pg_rewrite WHERE oid >= {_OWN} AND rulename <> '_RETURN'"
    ),
    Text(
        "policies",
        "SELECT polname, concat_ws(E'\\n', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))"
        " FROM pg_policy",
    ),
    Text(
        "indexes",
        "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        f" WHERE i.indexrelid >= {_OWN} AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)",
    ),
    Text(
        "comments",
        f"SELECT 'comments', description FROM pg_description WHERE objoid >= {_OWN}"
        " UNION ALL SELECT 'comments', description FROM pg_shdescription"
        " UNION ALL SELECT 'comments', label FROM pg_seclabel",
    ),
    Text(
        "names",
        "SELECT 'names', string_agg(name, E'\\n') FROM ("
        f"SELECT relname::text FROM pg_class WHERE oid >= {_OWN}"
        f" UNION SELECT attname::text FROM pg_attribute WHERE attrelid >= {_OWN} AND attnum > 0"
        f" UNION SELECT proname::text FROM pg_proc WHERE oid >= {_OWN}"
        f" UNION SELECT conname::text FROM pg_constraint WHERE oid >= {_OWN}"
        " UNION SELECT enumlabel::text FROM pg_enum UNION SELECT nspname::text FROM pg_namespace"
        " UNION SELECT rolname::text FROM pg_roles UNION SELECT datname::text FROM pg_database) AS every(name)",
    ),
    Text("role settings", "SELECT 'role settings', array_to_string(setconfig, E'\\n') FROM pg_db_role_setting"),
    Text(
        "server settings",
        "SELECT 'server settings', string_agg(name || ' = ' || setting, E'\\n') FROM pg_settings"
        " WHERE source NOT IN ('default', 'session')",
        closed="SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN 0 ELSE 1 END",
        needs="pg_read_all_settings",
    ),
    Text(
        "foreign servers",
        "SELECT 'foreign server ' || srvname, array_to_string(srvoptions, E'\\n') FROM pg_foreign_server"
        " UNION ALL SELECT 'foreign data wrapper ' || fdwname, array_to_string(fdwoptions, E'\\n')"
        " FROM pg_foreign_data_wrapper"
        " UNION ALL SELECT 'foreign table ' || ftrelid::regclass, array_to_string(ftoptions, E'\\n')"
        " FROM pg_foreign_table",
    ),
    Text(
        "user mappings",
        "SELECT 'user mapping ' || usename || '@' || srvname, array_to_string(umoptions, E'\\n') FROM pg_user_mappings",
        closed="SELECT CASE WHEN has_table_privilege('pg_user_mapping', 'SELECT') THEN 0"
        " ELSE (SELECT count(*) FROM pg_user_mappings WHERE umoptions IS NULL) END",
        needs="a superuser",
    ),
    Text(
        "running queries",
        "SELECT 'running queries', concat_ws(E'\\n', application_name, query) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid()",
        closed="SELECT count(*) FROM pg_stat_activity WHERE query = '<insufficient privilege>'",
        needs="pg_read_all_stats",
    ),
)
_SUBSCRIPTIONS = Text(
    "subscriptions",
    "SELECT 'subscription ' || subname, concat_ws(E'\\n', subconninfo, subslotname) FROM pg_subscription",
)


class CatalogReader:
    """Reads all of that through one connection."""

    def __init__(self, link: Link, sink: Sink) -> None:
        self._link = link
        self._sink = sink

    def read(self) -> None:
        """Feed everything; what this role may not see is a gap."""
        for text in (*TEXTS, *self._statements()):
            self._text(text)
        self._subscriptions()
        self._large_objects()

    def _text(self, text: Text) -> None:
        try:
            with self._link.attempt():
                query = f"SELECT textsend(a::text), textsend(b::text) FROM ({text.query}) AS each(a, b)"
                for path, value in self._link.rows(query, 2):
                    if value:
                        self._sink.put(Item((path or b"?").decode("utf-8", "replace"), text.name), value)
            if text.closed:
                with self._link.attempt():
                    hidden = int(str(self._link.ask(text.closed)[0][0]))
                if hidden:
                    self._sink.gap(text.name, Reason.DENIED, f"some may not be read by this role; {text.needs} may")
        except psycopg.Error as error:
            self._gap(text.name, error)

    def _subscriptions(self) -> None:
        try:
            with self._link.attempt():
                number, allowed = self._link.ask(
                    "SELECT count(*), has_column_privilege('pg_subscription', 'subconninfo', 'SELECT')"
                    " FROM pg_subscription"
                )[0]
        except psycopg.Error as error:
            self._gap(_SUBSCRIPTIONS.name, error)
            return
        if not number:
            return
        if allowed:
            self._text(_SUBSCRIPTIONS)
        else:
            self._sink.gap(_SUBSCRIPTIONS.name, Reason.DENIED, "connection strings may be read by superusers only")

    def _statements(self) -> Iterator[Text]:
        """The past queries that the extension pg_stat_statements keeps: passwords of ALTER ROLE stay in them."""
        try:
            with self._link.attempt():
                found = self._link.ask(
                    "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
                    " WHERE e.extname = 'pg_stat_statements'"
                )
        except psycopg.Error as error:
            self._gap("past queries", error)
            return
        for (schema,) in found:
            # The view only calls the extension's function; that is called itself, since views are not run.
            source = f"{quoted(str(schema))}.pg_stat_statements(true)"
            yield Text(
                "past queries",
                f"SELECT 'past queries', query FROM {source}",
                closed=f"SELECT count(*) FROM {source} WHERE query = '<insufficient privilege>'",
                needs="pg_read_all_stats",
            )

    def _large_objects(self) -> None:
        closed = 0
        try:
            with self._link.attempt():
                numbers = [
                    int(str(row[0])) for row in self._link.ask("SELECT oid::bigint FROM pg_largeobject_metadata")
                ]
        except psycopg.Error as error:
            self._gap("large objects", error)
            return
        for number in numbers:
            if self._link.lost:
                self._sink.gap("large objects", Reason.UNREACHABLE, "the connection was lost")
                return
            try:
                self._large_object(number)
            except psycopg.Error as error:
                if error.sqlstate != "42501":
                    self._gap(f"large object {number}", error)
                closed += error.sqlstate == "42501"
        if closed:
            self._sink.gap("large objects", Reason.DENIED, f"{closed} of {len(numbers)} may not be read by this role")

    def _large_object(self, number: int) -> None:
        first = self._slice(number, 0)
        item = Item(f"large object {number}", str(number))
        feed(self._sink, item, first if len(first) < WHOLE else chunks(self._slices(number, first)))

    def _slices(self, number: int, first: bytes) -> Iterator[bytes]:
        """A large object bit by bit."""
        part, offset = first, 0
        while part:
            yield part
            offset += len(part)
            try:
                part = self._slice(number, offset)
            except psycopg.Error as error:
                # What came before is searched all the same.
                self._gap(f"large object {number}", error)
                return

    def _slice(self, number: int, offset: int) -> bytes:
        with self._link.attempt():
            return b"".join(
                part for (part,) in self._link.rows(f"SELECT lo_get({number}, {offset}, {WHOLE})", 1) if part
            )

    def _gap(self, path: str, error: psycopg.Error) -> None:
        unseen = meaning(error)
        self._sink.gap(path, unseen.why, unseen.detail)
