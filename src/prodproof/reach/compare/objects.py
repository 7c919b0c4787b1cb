"""The objects of a PostgreSQL database, each with what defines it, so that two databases can be compared.

Left out: what belongs to extensions, owners and grants (roles are no part of a dump), comments, publications and
subscriptions. Source: PostgreSQL documentation, "System Catalogs", "System Information Functions".
"""

import hashlib
import re
from collections.abc import Mapping

from prodproof.reach.compare.link import Link

Objects = Mapping[str, str]
"""Digest of the definition by `kind name`: `table public.orders`, `column public.orders.id`."""

_SCHEMAS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_OWN = (
    "NOT EXISTS (SELECT FROM pg_depend e"
    " WHERE e.classid = '{catalog}'::regclass AND e.objid = {oid} AND e.deptype = 'e')"
)

_QUERIES = (
    f"""SELECT 'schema', n.nspname, '', n.oid FROM pg_namespace n
    WHERE {_SCHEMAS} AND {_OWN.format(catalog="pg_namespace", oid="n.oid")}""",
    "SELECT 'extension', extname, '', oid FROM pg_extension",
    f"""SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
            WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'type' ELSE 'table' END,
        n.nspname || '.' || c.relname,
        concat_ws(' ', c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
            CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
            CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
            pg_get_expr(c.relpartbound, c.oid),
            (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
             FROM pg_inherits i WHERE i.inhrelid = c.oid),
            (SELECT concat_ws(' ', s.seqtypid::regtype, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle)
             FROM pg_sequence s WHERE s.seqrelid = c.oid)), c.oid
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND {_SCHEMAS}
        AND {_OWN.format(catalog="pg_class", oid="c.oid")}""",
    f"""SELECT 'column', n.nspname || '.' || c.relname || '.' || a.attname,
        concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
            NULLIF(a.attcollation, t.typcollation)::regcollation, pg_get_expr(d.adbin, d.adrelid)), 0
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'c') AND {_SCHEMAS}
        AND {_OWN.format(catalog="pg_class", oid="c.oid")}""",
    f"""SELECT 'constraint', n.nspname || '.' || coalesce(c.relname, y.typname) || '.' || o.conname,
        concat_ws(' ', pg_get_constraintdef(o.oid), o.convalidated), o.oid
    FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace
    LEFT JOIN pg_class c ON c.oid = o.conrelid LEFT JOIN pg_type y ON y.oid = o.contypid
    WHERE o.contype <> 'n' AND {_SCHEMAS} AND {_OWN.format(catalog="pg_constraint", oid="o.oid")}
        AND {_OWN.format(catalog="pg_class", oid="o.conrelid")}""",
    f"""SELECT 'index', n.nspname || '.' || t.relname || '.' || c.relname,
        concat_ws(' ', pg_get_indexdef(c.oid), i.indisvalid, i.indisready), c.oid
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE {_SCHEMAS} AND {_OWN.format(catalog="pg_class", oid="i.indrelid")}""",
    f"""SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
        n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
        CASE p.prokind WHEN 'a' THEN '' ELSE pg_get_functiondef(p.oid) END, p.oid
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE {_SCHEMAS} AND {_OWN.format(catalog="pg_proc", oid="p.oid")}""",
    f"""SELECT 'trigger', n.nspname || '.' || c.relname || '.' || t.tgname,
        concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled), t.oid
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND {_SCHEMAS} AND {_OWN.format(catalog="pg_trigger", oid="t.oid")}""",
    f"""SELECT 'type', n.nspname || '.' || y.typname,
        concat_ws(' ', y.typtype, CASE WHEN y.typtype = 'd' THEN format_type(y.typbasetype, y.typtypmod) END,
            y.typnotnull, y.typdefault,
            (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
             FROM pg_enum e WHERE e.enumtypid = y.oid)), y.oid
    FROM pg_type y JOIN pg_namespace n ON n.oid = y.typnamespace
    WHERE y.typtype IN ('d', 'e', 'r') AND {_SCHEMAS} AND {_OWN.format(catalog="pg_type", oid="y.oid")}""",
    f"""SELECT 'policy', n.nspname || '.' || c.relname || '.' || p.polname,
        concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
            pg_get_expr(p.polwithcheck, p.polrelid)), p.oid
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {_SCHEMAS}""",
    "SELECT 'event trigger', evtname, concat_ws(' ', evtevent, evtfoid::regproc, evtenabled), v.oid"
    f" FROM pg_event_trigger v WHERE {_OWN.format(catalog='pg_event_trigger', oid='v.oid')}",
)

_CAST = re.compile(
    r"::(?:character varying|double precision|bit varying|time(?:stamp)?(?:\(\d\))? with(?:out)? time zone"
    r'|"[^"]+"|[\w.]+)(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])*'
)


def objects(link: Link) -> tuple[dict[str, str], dict[str, int]]:
    """Every object with a digest of its definition, casts and parentheses left out, and with its object id.

    Object ids are given out in turns, so what has a lower one was made earlier; 0 for columns, which have none. Raises
    psycopg.Error.

    A server writes an expression with other casts and parentheses once it has been dumped and loaded again
    (`a IN ('x')` on varchar, for example), so these tell nothing.
    """
    found: dict[str, str] = {}
    ids: dict[str, int] = {}
    for query in _QUERIES:
        for kind, name, definition, number in link.ask(query):
            found[f"{kind} {name}"] = _essence(str(definition))
            ids[f"{kind} {name}"] = int(str(number))
    return found, ids


def _essence(definition: str) -> str:
    # Kept in files and compared, never shown: what stands in a function is nobody's business.
    return hashlib.sha256(re.sub(r"[\s()]+", "", _CAST.sub("", definition)).encode()).hexdigest()[:32]
