"""``faultline demo``: the app on a bundled demo."""

from __future__ import annotations

from argparse import Namespace

from app.arguments import Parser, Refusal, add_server, examples


def describe(parser: Parser) -> None:
    """Fill the parser."""
    parser.usage = "faultline demo [NAME] [options]"
    parser.description = "Open the app on a bundled demo."
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="which demo (default: fraud); faultline list demos"
    )
    add_server(parser)
    parser.epilog = examples(
        "faultline demo",
        "faultline demo fraud --port 8600",
        "faultline demo --headless               # for a server: opens no browser",
    )


def run(options: Namespace) -> int:
    """Start the app."""
    from app.launch import address_of, serve, server_of
    from demo_data import UnknownDemo, demo

    try:
        chosen = demo(options.name or "fraud")
    except UnknownDemo as error:
        raise Refusal(str(error)) from None
    return serve(server_of(options), {"demo": chosen.name}, address_of(chosen.name))
