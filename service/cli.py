"""``./run COMMAND``. A command is a function here or in a module that calls ``main.add_command``; it calls one use case."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy.orm import Session, sessionmaker

from people import UserRefusedError, add_user
from service.alerts import alerts
from service.doctor import doctor
from service.plan import plan
from service.settings import Settings, SettingsError
from service.tools import tools
from store import make_engine, make_sessions, migrate


class BadSettings(click.ClickException):
    """The command cannot start."""

    exit_code = 2


class Commands(click.Group):
    """Answers an unknown command with the list of those that exist, status 2."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; else show the help before click's own sentence."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            click.echo(ctx.get_help() + "\n", err=True)
            raise


@click.group(cls=Commands)
def main() -> None:
    """Amend's commands. Without one, ./run serves Amend."""


main.add_command(alerts)
main.add_command(doctor)
main.add_command(plan)
main.add_command(tools)


@main.group(cls=Commands)
def users() -> None:
    """Who may sign in here."""


@users.command("add")
@click.argument("email")
@click.option("--name", default="", help="Shown in the history; the first part of EMAIL unless given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it.")
def users_add(email: str, name: str, password_stdin: bool) -> None:
    """Add a user who signs in with EMAIL and a password."""
    sessions = open_database(load_settings())
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        add_user(sessions, lambda: datetime.now(UTC), email=email, name=name, password=password)
    except UserRefusedError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{email} can sign in now.")


def load_settings() -> Settings:
    """The settings, or the end of the command with status 2."""
    try:
        return Settings.load()
    except SettingsError as error:
        raise BadSettings(f"in the environment or in .env:\n{error}") from error


def open_database(settings: Settings) -> sessionmaker[Session]:
    """Sessions on the database, brought up to date first: a command may run before the first start."""
    migrate.upgrade(settings.database_url)
    return make_sessions(make_engine(settings.database_url))


def run(arguments: list[str] | None = None) -> Any:
    """Run a command under the name that people type."""
    return main.main(args=arguments, prog_name="./run")


if __name__ == "__main__":
    run()
