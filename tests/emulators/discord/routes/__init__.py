"""The routes of the REST API, by family."""

from tests.emulators.discord.routes import channels, commands, interactions, messages, people
from tests.emulators.discord.routes.route import Request, Route

ROUTES: tuple[Route, ...] = (
    *people.ROUTES,
    *channels.ROUTES,
    *messages.ROUTES,
    *commands.ROUTES,
    *interactions.ROUTES,
)

__all__ = ["ROUTES", "Request", "Route"]
