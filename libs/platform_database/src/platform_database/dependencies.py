"""FastAPI dependencies of services with tables."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Protocol

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


class HasSessions(Protocol):
    """What `app.state.services` of a service with tables has."""

    @property
    def sessions(self) -> async_sessionmaker[AsyncSession]:
        """The factory of sessions."""


async def request_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One session per request; its first statement acquires a connection, and uncommitted changes are rolled back."""
    services: HasSessions = request.app.state.services
    async with services.sessions() as session:
        yield session


# Closed before the response is sent, so that a slow reader holds no connection.
Session = Annotated[AsyncSession, Depends(request_session, scope="function")]
