"""`piiforge categories`: what can be asked for."""

import typer

from piiforge.cli.options import JsonOpt
from piiforge.cli.telling import table, tell

app = typer.Typer(help="List the categories, or show one.", invoke_without_command=True)


@app.callback()
def list_all(context: typer.Context, as_json: JsonOpt = False) -> None:
    """List the categories with their descriptions."""
    if context.invoked_subcommand:
        return
    from piiforge import categories

    if as_json:
        found = {category.id: category.description for category in categories.ALL}
        tell("", {"categories": found}, as_json=True)
        return
    rows = [(c.id, c.description, len(c.lookalikes)) for c in categories.ALL]
    table("", ("category", "description in the prompt", "lookalikes"), rows)


@app.command("show")
def show(name: str, as_json: JsonOpt = False) -> None:
    """Show one category: sources, lookalikes, how it may be written, drawn examples."""
    from piiforge.build import shown

    found = shown(name)
    lines = [f"{found.id}: {found.description}", ""]
    lines += [f"  source    {source}" for source in found.sources]
    lines += ["", "  drawn     " + "   ".join(found.drawn), "", "  lookalikes"]
    lines += [f"    {kind:<18} {example:<28} {why}" for kind, example, why in found.lookalikes]
    lines += ["", "  disguises"]
    lines += [f"    {name:<18} {example}" for name, example in found.disguised]
    tell("\n".join(lines), found.record(), as_json=as_json)
