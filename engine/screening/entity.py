"""An entity in Follow-the-Money shape, read strictly: who is sought, and who stands on a list.

`{"id": ..., "schema": "Person", "properties": {"name": [...], "birthDate": [...], ...}}`; a value may be one string or
a list of strings. What is not text, or has no name at all, is refused; what matching does not read is kept out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.screening.names import MAX_NAME, Name, normal, parse_name, retrieval_keys
from engine.screening.partial_dates import PartialDate

MAX_VALUES = 200
_NAMES = ("name", "alias", "previousName")
_COUNTRIES = ("nationality", "citizenship", "country", "birthCountry", "jurisdiction")
_NUMBERS = (
    "idNumber", "passportNumber", "taxNumber", "registrationNumber", "innCode", "leiCode", "imoNumber",
)  # fmt: skip
_GENDERS = {"m": "male", "male": "male", "f": "female", "female": "female"}
_PERSONS = frozenset({"Person"})
_ANYONE = frozenset({"LegalEntity", "Thing"})


class EntityError(ValueError):
    """The mapping is not an entity; the text names the property and never repeats its value."""


@dataclass(frozen=True, slots=True)
class Entity:
    """What matching reads of an entity; `weak_names` count only when they are equal to the letter."""

    id: str
    schema: str
    names: tuple[Name, ...]
    weak_names: tuple[Name, ...]
    birth_dates: tuple[PartialDate, ...]
    countries: frozenset[str]
    genders: frozenset[str]
    numbers: frozenset[str]
    topics: tuple[str, ...]

    @property
    def person(self) -> bool:
        """Whether names are read as a person's."""
        return self.schema in _PERSONS | _ANYONE

    def comparable(self, other: Entity) -> bool:
        """Whether the two could be the same kind of thing."""
        return self.schema in _ANYONE or other.schema in _ANYONE or self.person == other.person


def read_entity(source: Mapping[str, object] | Entity) -> Entity:
    """Read one entity; raises `EntityError` for the first fault."""
    if isinstance(source, Entity):
        return source
    schema = source.get("schema", "Person")
    properties = source.get("properties")
    if not isinstance(schema, str) or not schema:
        raise EntityError("schema: a word such as Person or Company")
    if not isinstance(properties, Mapping):
        raise EntityError("properties: an object of lists of text")
    person = schema in _PERSONS | _ANYONE
    names = tuple(parse_name(text, person=person) for name in _NAMES for text in _texts(properties, name))
    joined = _joined_parts(properties)
    if joined and not names:
        names = (parse_name(joined, person=person),)
    weak = tuple(parse_name(text, person=person) for text in _texts(properties, "weakAlias"))
    if not names and not weak:
        raise EntityError("properties.name: at least one name")
    return Entity(
        id=str(source.get("id") or ""),
        schema=schema,
        names=names,
        weak_names=weak,
        birth_dates=_dates(properties),
        countries=frozenset(text.strip().casefold() for name in _COUNTRIES for text in _texts(properties, name)),
        genders=frozenset(_GENDERS[t] for t in map(str.casefold, _texts(properties, "gender")) if t in _GENDERS),
        numbers=frozenset(plain_number(text) for name in _NUMBERS for text in _texts(properties, name)) - {""},
        topics=tuple(_texts(properties, "topics")),
    )


def plain_number(text: str) -> str:
    """An identity number without the marks and blanks it is written with."""
    return "".join(letter for letter in normal(text) if letter.isalnum())


def entity_keys(entity: Entity) -> frozenset[str]:
    """Every key under which the entity is filed and sought."""
    names = [*entity.names, *entity.weak_names]
    return frozenset().union(*(retrieval_keys(name) for name in names), {f"n:{number}" for number in entity.numbers})


def _texts(properties: Mapping[str, object], name: str) -> list[str]:
    value = properties.get(name)
    if value is None:
        return []
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or len(values) > MAX_VALUES:
        raise EntityError(f"properties.{name}: a list of at most {MAX_VALUES} texts")
    if not all(isinstance(text, str) and len(text) <= 10 * MAX_NAME for text in values):
        raise EntityError(f"properties.{name}: every value is text of bounded length")
    return [text for text in values if text.strip()]


def _joined_parts(properties: Mapping[str, object]) -> str:
    parts = [
        text for name in ("firstName", "middleName", "fatherName", "lastName") for text in _texts(properties, name)
    ]
    return " ".join(parts)


def _dates(properties: Mapping[str, object]) -> tuple[PartialDate, ...]:
    try:
        return tuple(PartialDate.parse(text) for text in _texts(properties, "birthDate"))
    except ValueError as fault:
        raise EntityError(f"properties.birthDate: {fault}") from None
