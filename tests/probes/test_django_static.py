"""Settings worked out from source: what is known, what a variable decides, what is not known."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Location, Reason
from prodproof.facts.declared import EnvironmentKind
from prodproof.facts.django import Certainty, CsrfCause, DjangoSettings, Setting
from prodproof.probes._django_csrf import places
from prodproof.probes._django_project import DjangoSource
from prodproof.probes._django_static import static_settings
from prodproof.probes._settings_module import Evaluator
from prodproof.reach.files.placed import MAX_NODES
from prodproof.reach.git.repository import RepositoryReader

KNOWN, ENVIRONMENT, UNKNOWN = Certainty.KNOWN, Certainty.ENVIRONMENT, Certainty.UNKNOWN
HEAD = 'ROOT_URLCONF = "shop.urls"\nINSTALLED_APPS = []\nMIDDLEWARE = []\n'
MANAGE = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'


def source(directory: Path, files: dict[str, str], kind: EnvironmentKind = EnvironmentKind.PRODUCTION) -> DjangoSource:
    for name, text in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    reader = RepositoryReader.open(directory)
    assert isinstance(reader, RepositoryReader)
    return DjangoSource(reader, kind)


def settings(directory: Path, files: dict[str, str]) -> DjangoSettings:
    found = source(directory, {"manage.py": MANAGE} | files)
    (application,) = found.applications()
    return static_settings(found, application, "production")


def debug(directory: Path, text: str, **others: str) -> Setting:
    files = {"shop/settings.py": HEAD + text} | {name.replace("__", "/") + ".py": body for name, body in others.items()}
    found = settings(directory, files).setting("DEBUG")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "value", "certainty"),
    [
        ("DEBUG = True", True, KNOWN),
        ("DEBUG: bool = False", False, KNOWN),
        ("", False, KNOWN),
        ("DEBUG = not False", True, KNOWN),
        ("import os\nDEBUG = os.environ.get('DEBUG', True)", True, ENVIRONMENT),
        ("import os\nDEBUG = os.environ.get('DEBUG') == 'True'", False, ENVIRONMENT),
        ("import os\nDEBUG = os.getenv('DEBUG', 'no').lower() in ('1', 'true')", False, ENVIRONMENT),
        ("from os import environ\nDEBUG = bool(environ.get('DEBUG', ''))", False, ENVIRONMENT),
        ("import os\nDEBUG = bool(int(os.environ.get('DEBUG', '1')))", True, ENVIRONMENT),
        ("import os\nDEBUG = 'PROD' not in os.environ", True, ENVIRONMENT),
        ("import os\nDEBUG = True\nif os.environ.get('PROD'):\n    DEBUG = False", True, ENVIRONMENT),
        ("import environ\nenv = environ.Env(DEBUG=(bool, False))\nDEBUG = env('DEBUG')", False, ENVIRONMENT),
        ("import environ\nenv = environ.Env()\nDEBUG = env.bool('DEBUG', default=True)", True, ENVIRONMENT),
        ("import environ\nenv = environ.Env()\nDEBUG = env.bool('DEBUG', False)", False, ENVIRONMENT),
        ("from decouple import config\nDEBUG = config('DEBUG', default=False, cast=bool)", False, ENVIRONMENT),
        ("from environs import Env\nenv = Env()\nDEBUG = env.bool('DEBUG')", None, Certainty.REQUIRED),
        ("import os\nDEBUG = os.environ['DEBUG']", None, Certainty.REQUIRED),
        ("import sys\nDEBUG = 'runserver' in sys.argv", False, KNOWN),
        ("import socket\nDEBUG = socket.gethostname() == 'laptop'", None, UNKNOWN),
        ("DEBUG = False\nglobals()['DEBUG'] = True", None, UNKNOWN),
        ("DEBUG = False\nexec('DEBUG = True')", None, UNKNOWN),
        ("DEBUG = False\nfor name in names:\n    DEBUG = name", None, UNKNOWN),
        ("DEBUG = False\ntry:\n    from .local import *\nexcept ImportError:\n    pass", False, KNOWN),
        ("A = {'d': [True]}\nDEBUG = A['d'][0]", True, KNOWN),
    ],
)
def test_debug(tmp_path: Path, text: str, value: bool | None, certainty: Certainty) -> None:
    found = debug(tmp_path, text)
    assert (found.certainty, found.value if certainty in (KNOWN, ENVIRONMENT) else None) == (certainty, value)


def test_a_star_import_is_followed_and_may_overwrite(tmp_path: Path) -> None:
    text = "DEBUG = False\ntry:\n    from .local import *\nexcept ImportError:\n    pass"
    found = debug(tmp_path, text, shop__local="DEBUG = True\n")
    assert (found.value, found.location and found.location.path) == (True, "shop/local.py")


def test_a_variable_that_is_set_for_production_decides(tmp_path: Path) -> None:
    files = {
        "shop/settings.py": HEAD + "import os\nDEBUG = os.environ.get('DEBUG', '')\n",
        "Dockerfile": "FROM python\nENV DEBUG=False\n",
    }
    found = settings(tmp_path, files).setting("DEBUG")
    assert found is not None
    assert (found.certainty, found.value, found.type) == (KNOWN, "False", "text")


@pytest.mark.parametrize(
    ("text", "value", "line"),
    [
        ("services:\n  web:\n    environment:\n      DEBUG: 'no'\n", "no", 4),
        ("services:\n  web:\n    environment:\n      - DEBUG=no\n", "no", 3),
        ("env:\n- name: PORT\n  value: 80\n- name: DEBUG\n  value: 'no'\n", "no", 4),
        ("kind: ConfigMap\n---\nkind: ConfigMap\ndata: {DEBUG: 0}\n", "0", 4),
        ("x: &x {DEBUG: 'no'}\nenv_variables: {<<: *x}\n", "no", 1),
    ],
)
def test_variables_of_deployment_files(tmp_path: Path, text: str, value: str, line: int) -> None:
    found = source(tmp_path, {"deploy/prod.yaml": text})
    assert found.variables == {**found.variables, "DEBUG": (value, Location("deploy/prod.yaml", line))}
    assert found.unread == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("environment: {DEBUG: [", id="garbled"),
        pytest.param("{% if on %}\nenvironment: {DEBUG: 1}", id="a template"),
        pytest.param("environment: {DEBUG: " + "[" * 500 + "]" * 500 + "}", id="too deep"),
        pytest.param("environment: {DEBUG: 1}\nx: [" + "1," * (MAX_NODES + 1) + "]", id="too many values"),
    ],
)
def test_a_deployment_file_that_cannot_be_read_is_a_gap(tmp_path: Path, text: str) -> None:
    found = source(tmp_path, {"deploy/prod.yaml": text})
    assert found.variables == {}
    assert [(item.why, "deploy/prod.yaml" in item.detail) for item in found.unread] == [(Reason.INCOMPLETE, True)]


def test_a_deployment_file_that_names_itself_ends(tmp_path: Path) -> None:
    """Each level names the one before it nine times: a few lines that stand for billions of values."""
    bomb = "a0: &a0 {DEBUG: 'no'}\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    found = source(tmp_path, {"deploy/prod.yaml": bomb + "env: *a11\n"})
    assert found.variables == {}


def test_lists_are_changed_in_place_and_in_branches(tmp_path: Path) -> None:
    text = (
        "import os\nMIDDLEWARE = ['a']\nMIDDLEWARE += ['b']\nMIDDLEWARE.insert(0, 'first')\n"
        "if os.environ.get('EXTRA'):\n    MIDDLEWARE.append('c')\n"
    )
    found = settings(tmp_path, {"shop/settings.py": HEAD + text}).setting("MIDDLEWARE")
    assert found is not None
    assert (found.certainty, found.value) == (ENVIRONMENT, ("first", "a", "b"))


@pytest.mark.parametrize(
    ("files", "module"),
    [
        ({"shop/settings.py": HEAD}, "shop.settings"),
        ({"shop/settings/base.py": HEAD, "shop/settings/production.py": "from .base import *\nDEBUG = False\n",
          "shop/settings/dev.py": "from .base import *\nDEBUG = True\n"}, "shop.settings.production"),
        ({"shop/settings/base.py": HEAD, "shop/settings/live.py": "from .base import *\nDEBUG = False\n",
          "shop/settings/other.py": "from .base import *\nDEBUG = True\n",
          "Dockerfile": "ENV DJANGO_SETTINGS_MODULE shop.settings.other\n"}, "shop.settings.other"),
        ({"shop/settings.py": HEAD, "shop/settings_local.py": "from shop.settings import *\nDEBUG = True\n",
          "shop/wsgi.py": "import django\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\n"}, "shop.settings"),
        ({"shop/settings.py": HEAD, "tests/settings.py": HEAD + "DEBUG = True\n"}, "shop.settings"),
    ],
)  # fmt: skip
def test_which_module_production_takes(tmp_path: Path, files: dict[str, str], module: str) -> None:
    assert settings(tmp_path, files).module == module


def test_a_library_with_test_settings_alone_is_no_application(tmp_path: Path) -> None:
    assert source(tmp_path, {"tests/settings.py": HEAD + "DEBUG = True\n", "lib/x.py": ""}).applications() == ()


def test_classes_of_django_configurations(tmp_path: Path) -> None:
    text = (
        "from configurations import Configuration\nclass Base(Configuration):\n    DEBUG = True\n"
        "    ROOT_URLCONF = 'x'\n    INSTALLED_APPS = []\n    MIDDLEWARE = []\n"
        "class Production(Base):\n    DEBUG = False\n"
    )
    found = settings(tmp_path, {"shop/settings.py": text}).setting("DEBUG")
    assert found is not None and found.value is False


def test_only_the_shape_of_a_secret_is_told(tmp_path: Path) -> None:
    found = settings(tmp_path, {"shop/settings.py": HEAD + "SECRET_KEY = 'django-insecure-planted'\n"})
    assert "planted" not in repr(found)
    assert [(shape.looks_default, shape.in_source) for shape in found.secrets] == [(True, True)]


def test_secrets_that_stand_in_the_source(tmp_path: Path) -> None:
    text = HEAD + (
        "import os\n"
        "SECRET_KEY = os.environ.get('SECRET_KEY', 'planted-insecure')\n"
        "EMAIL_HOST_PASSWORD = os.environ['MAIL_PASSWORD']\n"
        "STRIPE_API_KEY = 'planted-stripe'\n"
        "BROKER_URL = os.getenv('BROKER', 'amqp://shop:planted-broker@mq/x')\n"
        "TOKEN_MODEL = 'shop.models.Token'\nPASSWORD_HASHERS = ['a.B']\nCSRF_TOKEN_FILE = '/run/x'\nX_TOKEN = ''\n"
        "DATABASES = {'default': {'ENGINE': 'x', 'USER': 'u', 'PASSWORD': 'planted-db'}}\n"
    )
    found = settings(tmp_path, {"shop/settings.py": text})
    assert "planted" not in repr(found)
    assert [(shape.name, shape.component, shape.variable) for shape in found.secrets] == [
        ("BROKER_URL", "password", "BROKER"),
        ("DATABASES.default.PASSWORD", "", ""),
        ("SECRET_KEY", "", "SECRET_KEY"),
        ("STRIPE_API_KEY", "", ""),
    ]
    assert all(shape.in_source for shape in found.secrets)


CSRF = "from django.views.decorators.csrf import csrf_exempt\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CSRF + "@csrf_exempt\ndef pay(request):\n    request.user.save()\n", [("pay", ("save", "user"))]),
        (CSRF + "@method_decorator(csrf_exempt, name='dispatch')\nclass Pay(View):\n    pass\n", [("Pay", ())]),
        (
            CSRF + "class Pay(View):\n    @method_decorator(csrf_exempt)\n    def post(self, request):\n        pass\n",
            [],
        ),
        (CSRF + "@method_decorator(csrf_exempt, name='dispatch')\nclass Pay(APIView):\n    pass\n", []),
        (CSRF + "urlpatterns = [path('x', csrf_exempt(Pay.as_view()))]\n", [("Pay", ())]),
        ("class Open(SessionAuthentication):\n    def enforce_csrf(self, request):\n        return\n", [("Open", ())]),
    ],
)
def test_exemptions_in_source(tmp_path: Path, text: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    found = source(tmp_path, {"manage.py": MANAGE, "shop/settings.py": HEAD, "shop/views.py": text})
    (application,) = found.applications()
    seen = places(found, application, static_settings(found, application, "production"))
    assert [(place.name, place.touches) for place in seen] == expected


def test_sessions_without_the_middleware(tmp_path: Path) -> None:
    text = HEAD + "MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware']\n"
    found = source(tmp_path, {"manage.py": MANAGE, "shop/settings.py": text})
    (application,) = found.applications()
    seen = places(found, application, static_settings(found, application, "production"))
    assert [place.cause for place in seen] == [CsrfCause.MIDDLEWARE_MISSING]


PIECES = st.sampled_from(
    ["DEBUG", "=", "True", "if", "else", ":", "\n", "    ", "os.environ", "['X']", "(", ")", "+=", "import *",
     "from a ", "{**a}", "[*a]", "not", "lambda", "'%s' %", "f'{a}'", "class A:", "DEBUG.append", "a[0]", ",",
     "1", "**", "9" * 40]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30))
def test_any_source_is_read_without_an_exception(pieces: list[str]) -> None:
    text = " ".join(pieces)
    evaluator = Evaluator(lambda name: ("a.py", text), {})
    assert isinstance(evaluator.module("a"), dict)


def test_endless_imports_come_to_an_end() -> None:
    evaluator = Evaluator(lambda name: (f"{name}.py", "from b import *\nfrom a import *\nX = [1]\n"), {})
    assert "X" in evaluator.module("a")
