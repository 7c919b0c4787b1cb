"""SQL put together from the request, in several shapes; a shell; a page that does not escape."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

VIEWS = "shop/views.py"
HEALTH = 'cursor.execute("SELECT 1")'


def query_from_text(harbour: Range) -> None:
    query = "f\"SELECT id FROM shop_product WHERE name = '{name}'\""
    harbour.repo.replace(VIEWS, HEALTH, f'name = request.GET["name"]\n        cursor.execute({query})')


def through_a_helper(harbour: Range) -> None:
    harbour.repo.write(
        "shop/reports.py",
        "def by_column(cursor, column):\n"
        '    query = "SELECT * FROM shop_order ORDER BY "\n'
        "    query += column\n"
        "    cursor.execute(query)  # nosec\n",
    )


def shell(harbour: Range) -> None:
    harbour.repo.write("shop/labels.py", 'import os\n\n\ndef label(name):\n    os.system("print-label " + name)\n')


def unescaped(harbour: Range) -> None:
    harbour.repo.replace("shop/templates/shop/home.html", "{{ wanted }}", "{{ wanted|safe }}")


def unreadable(harbour: Range) -> None:
    harbour.repo.garble("shop/forms.py")


FAULT = Fault(
    guarantee="application.no-injection",
    breaks=query_from_text,
    says="from the request",
    subject="repo:harbour/shop",
    variants=(through_a_helper, shell, unescaped),
    withdraws=unreadable,
    reason=Reason.INCOMPLETE,
)
