"""`prodproof schema`: what editors complete a system file with."""

import typer

from prodproof.system.schema import json_schema_text

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of prodproof.toml.

    Save it, and name it in the first line of the system file, for editors that understand it (Even Better TOML,
    Taplo): #:schema ./prodproof.schema.json
    """
    typer.echo(json_schema_text(), nl=False)
