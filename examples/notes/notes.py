"""A service to copy: each member's own notes, in memory. The platform checks the session and repeats no write."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

from fastapi import FastAPI, Header
from pydantic import BaseModel, Field

app = FastAPI(title="notes")

# The member's id. The gateway sets it from a checked session and removes any that a client sends, so a service may
# rely on it as long as nothing but the gateway can reach it.
Member = Annotated[str, Header(alias="X-Auth-Subject")]


class NewNote(BaseModel):
    """What a member writes."""

    text: str = Field(min_length=1, max_length=1000)


class Note(NewNote):
    """A note as it is kept."""

    number: int


notes: dict[str, list[Note]] = defaultdict(list)


@app.get("/notes")
async def list_notes(member: Member) -> list[Note]:
    """Return the member's notes, oldest first."""
    return notes[member]


@app.post("/notes", status_code=201)
async def add_note(member: Member, new: NewNote) -> Note:
    """Add a note. With an idempotency key the gateway sends it once, however often the client repeats it."""
    note = Note(number=len(notes[member]) + 1, text=new.text)
    notes[member].append(note)
    return note
