"""What gunicorn serves to our own services. Bind it to an address of the private network, never to a public one."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "harbour.settings.internal"
application = get_wsgi_application()
