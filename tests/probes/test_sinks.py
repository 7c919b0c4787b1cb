"""Constructions that let data become code, beside the ones that look alike and are fine."""

import ast
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts.code import CodeFindings, Hole, Taint
from prodproof.probes._sinks import Module
from prodproof.probes._templates import unescaped
from prodproof.probes.code import observe
from tests.probes.files import survey


def found_in(code: str) -> list[tuple[Hole, Taint]]:
    text = textwrap.dedent(code)
    module = Module("shop/views.py", text, ast.parse(text), frozenset(), {}, {}, {})
    module.read()
    return [(item.hole, item.taint) for item in module.found]


@pytest.mark.parametrize(
    "code",
    [
        "def view(request):\n    n = request.GET['n']\n    cursor.execute(f'SELECT 1 FROM t WHERE n = {n}')",
        "def view(request):\n    q = 'SELECT a FROM t LIMIT %s' % request.POST['n']\n    cursor.execute(q)",
        "def view(request):\n    q = 'SELECT a FROM t '\n    q += request.GET['o'].strip()\n    cursor.execute(q)",
        "def view(request, slug):\n    return Shop.objects.raw('SELECT * FROM shop WHERE s = \"{}\"'.format(slug))",
        "def view(request):\n    return Shop.objects.extra(where=['name = \"%s\"' % request.GET['n']])",
        "def view(request):\n    return Shop.objects.annotate(v=RawSQL('select ' + request.GET['c'], ()))",
        "class V(View):\n    def get(self, request):\n        with connection.cursor() as c:\n"
        "            c.execute('DELETE FROM t WHERE id = ' + self.kwargs['x'])",
        "def view(request):\n    f = F(request.POST)\n    cursor.execute('SELECT ' + f.cleaned_data['c'] + ' FROM t')",
        "@app.get('/users')\nasync def users(name: str):\n    await db.execute(f'SELECT * FROM users LIMIT {name}')",
        "def view(request):\n    os.system('ping ' + request.GET['host'])",
        "def view(request):\n    subprocess.run(f'ping {request.GET[\"h\"]}', shell=True)",
        "def view(request):\n    subprocess.run(['sh', '-c', 'ping ' + request.GET['h']])",
        "def view(request):\n    return eval(request.POST['sum'])",
        "def view(request):\n    return pickle.loads(b64decode(request.COOKIES['cart']))",
        "def view(request):\n    return yaml.load(request.body)",
        "def view(request):\n    return HttpResponse(Template(request.POST['t']).render(Context()))",
        "def view(request):\n    return render_template_string('Hello ' + request.args['n'])",
        "def view(request):\n    return mark_safe('<b>' + request.GET['n'] + '</b>')",
        "def view(request):\n    return HttpResponse('Hello ' + request.GET['n'])",
        "def view(request):\n    return format_html(f'<b>{request.GET[\"n\"]}</b>')",
    ],
)
def test_what_comes_from_a_request_is_found(code: str) -> None:
    assert Taint.REQUEST in {taint for _, taint in found_in(code)}


@pytest.mark.parametrize(
    ("code", "hole"),
    [
        ("def find(name):\n    cursor.execute('SELECT a FROM t WHERE n = %s' % name)  # nosec", Hole.SQL),
        ("def find(column):\n    cursor.execute(f'SELECT {column} FROM t')", Hole.SQL),
        ("def label(self):\n    return mark_safe(f'<b>{self.name}</b>')", Hole.HTML),
        ("def go(command):\n    subprocess.call(command, shell=True)", Hole.SHELL),
        ("def read(file):\n    return yaml.load(file, Loader=yaml.UnsafeLoader)", Hole.DESERIALISE),
        ("OPTIONS = {'autoescape': False}", Hole.HTML),
    ],
)
def test_what_comes_from_somewhere_is_found_as_such(code: str, hole: Hole) -> None:
    assert found_in(code) == [(hole, Taint.UNKNOWN)]


@pytest.mark.parametrize(
    "code",
    [
        "def view(request):\n    cursor.execute('SELECT a FROM t WHERE n = %s', [request.GET['n']])",
        "def view(request):\n    n = int(request.GET['n'])\n    cursor.execute(f'SELECT a FROM t LIMIT {n}')",
        "TABLE = 'shop'\ndef count():\n    cursor.execute(f'SELECT count(*) FROM {TABLE}')",
        "def count(self):\n    cursor.execute('SELECT count(*) FROM %s' % self.model._meta.db_table)",
        "def count(name):\n    cursor.execute(f'SELECT 1 FROM {connection.ops.quote_name(name)}')",
        "def some(ids):\n    s = ','.join(['%s'] * len(ids))\n    cursor.execute(f'SELECT a FROM t WHERE a IN ({s})')",
        "def view(request):\n    o = request.GET['o']\n    if o not in ('a', 'b'):\n        o = 'a'\n"
        "    cursor.execute('SELECT a FROM t ORDER BY ' + o)",
        "ORDERS = {'new': 'id DESC'}\ndef view(request):\n"
        "    cursor.execute('SELECT a FROM t ORDER BY ' + ORDERS[request.GET['o']])",
        "def read(name):\n    cur.execute(sql.SQL('SELECT * FROM {}').format(sql.Identifier(name)))",
        "def view(request):\n    subprocess.run(['ping', request.GET['h']])",
        "def view(request):\n    subprocess.run('uptime', shell=True)",
        "def view(request):\n    return yaml.safe_load(request.body)",
        "def view(request):\n    return yaml.load(request.body, Loader=yaml.SafeLoader)",
        "def view(request):\n    return pool.execute(request.GET['task'])",
        "def cached():\n    return pickle.loads(cache.get('x'))",
        "def view(request):\n    return format_html('<b>{}</b>', request.GET['n'])",
        "def view(request):\n    return mark_safe('<b>' + escape(request.GET['n']) + '</b>')",
        "def view(request):\n    return mark_safe(render_to_string('a.html'))",
        "def view(request):\n    return HttpResponse(request.GET['n'], content_type='text/plain')",
        "def view(request):\n    return model.eval()",
        "def view(request):\n    logger.info('select from ' + request.GET['n'])",
        "def main():\n    executor.execute('job ' + name)",
    ],
)
def test_what_is_fine_is_left_alone(code: str) -> None:
    assert found_in(code) == []


@pytest.mark.parametrize(
    ("template", "calls"),
    [
        ("<p>{{ user.username|safe }}</p>", ["{{ user.username|safe }}"]),
        ("<p>{% autoescape off %}{{ note }}{% endautoescape %}{{ note }}</p>", ["{{ note }} with autoescape off"]),
        ("<p>{{ note|escape|safe }}{{ body_html|safe }}{{ 'x'|safe }}{{ text|markdown|safe }}</p>", []),
        ("{% autoescape off %}Dear {{ name }}{% endautoescape %}", []),
        ("<p>{% verbatim %}{{ a|safe }}{% endverbatim %}{# {{ b|safe }} #}{{ count|length|safe }}</p>", []),
    ],
)
def test_templates(template: str, calls: list[str]) -> None:
    assert [item.call for item in unescaped("shop/a.html", template, {})] == calls


@given(st.text(alphabet="{}%#|safe autocpeof\"'\n<a.", max_size=300))
def test_any_template_is_read(template: str) -> None:
    assert all(item.location.line for item in unescaped("a.html", template, {}))


def test_a_request_is_followed_into_helpers_and_templates(tmp_path: Path) -> None:
    files = {
        "shop/views.py": "from shop.files import keep\n\ndef upload(request):\n    keep(request.POST['name'])\n"
        "    return render(request, 'shop/done.html', {'q': request.GET['q'], 'n': 1})\n",
        "shop/files.py": "import os\n\ndef keep(title):\n    os.system('mv /tmp/x ' + title)\n",
        "shop/templates/shop/done.html": "<p>{{ q|safe }} {{ n }}</p>",
    }
    found = survey(observe, tmp_path, files)[CodeFindings].observations[0].seen
    assert isinstance(found, CodeFindings)
    assert [(item.hole, item.taint) for item in found.findings] == [
        (Hole.SHELL, Taint.REQUEST),
        (Hole.HTML, Taint.REQUEST),
    ]


def test_a_function_that_builds_a_query_is_known(tmp_path: Path) -> None:
    files = {
        "shop/views.py": "from shop.queries import where\n\ndef view(request):\n"
        "    query = where(request.GET['w'])\n    cursor.execute(query)\n",
        "shop/queries.py": "def where(text):\n    return 'SELECT a FROM t WHERE ' + text\n",
    }
    found = survey(observe, tmp_path, files)[CodeFindings].observations[0].seen
    assert isinstance(found, CodeFindings)
    assert [(item.hole, item.taint) for item in found.findings] == [(Hole.SQL, Taint.REQUEST)]


def test_tests_migrations_and_vendored_code_are_left_out(tmp_path: Path) -> None:
    bad = "def find(name):\n    cursor.execute('SELECT a FROM t WHERE n = ' + name)\n"
    files = {
        "shop/tests/test_x.py": bad,
        "shop/test_y.py": bad,
        "shop/migrations/0002_x.py": bad,
        "shop/management/commands/x.py": bad,
        "vendor/x.py": bad,
        "shop/models.py": "",
    }
    found = survey(observe, tmp_path, files)[CodeFindings].observations[0].seen
    assert isinstance(found, CodeFindings)
    assert found.findings == ()


def test_a_suppressing_comment_is_shown_and_hides_nothing(tmp_path: Path) -> None:
    files = {"a.py": "def find(name):\n    cursor.execute('SELECT a FROM t WHERE n = ' + name)  # nosec B608\n"}
    found = survey(observe, tmp_path, files)[CodeFindings].observations[0].seen
    assert isinstance(found, CodeFindings)
    assert [item.suppressed for item in found.findings] == [True]


def test_a_file_of_another_python_is_a_gap(tmp_path: Path) -> None:
    found = survey(observe, tmp_path, {"a.py": "x = 1\n", "b.py": "print 'two'\n"})[CodeFindings]
    assert [gap.detail for gap in found.gaps] == ["b.py is not Python of this version"]
