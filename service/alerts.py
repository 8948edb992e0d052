"""``./run alerts``: the last alerts and what became of them; ``./run alerts test`` sends one now."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from changes.alerts import Alert, list_alerts, send_test
from service.settings import Settings, SettingsError
from store import migrate
from zoho import runtime
from zoho.runtime import Amend


@click.group(invoke_without_command=True)
@click.pass_context
def alerts(context: click.Context) -> None:
    """List the last alerts; with "test" send one."""
    if context.invoked_subcommand is None:
        amend = _open()
        told = list_alerts(amend, 50)
        amend.close()
        click.echo("\n".join(map(_line, told)) if told else "No alert was written yet.")


@alerts.command("test")
def test() -> None:
    """Send a test alert by every way that is set up; exit 0 when all were sent, 1 otherwise."""
    amend = _open()
    made: Sequence[Alert] = send_test(amend)
    amend.close()
    if not made:
        click.echo("Nothing was sent: neither AMEND_SMTP_HOST nor AMEND_WEBHOOK_URL is set.", err=True)
        sys.exit(1)
    click.echo("\n".join(map(_line, made)))
    sys.exit(1 if any(alert.error for alert in made) else 0)


def _open() -> Amend:
    try:
        settings = Settings.load()
    except SettingsError as error:
        click.echo(f"Settings in the environment or in .env:\n{error}", err=True)
        sys.exit(2)
    migrate.upgrade(settings.database_url)
    return runtime.build(settings)


def _line(alert: Alert) -> str:
    became = f"sent {alert.sent_at:%H:%M} UTC" if alert.sent_at else f"not sent: {alert.error or 'waits for the worker'}"
    return f"{alert.at:%Y-%m-%d %H:%M} UTC  {alert.event:<12} {alert.channel:<8} {became}"
