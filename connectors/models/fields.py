"""Column types of ours: secrets that stay secret, JSON that is quick.

The encrypted types wrap django-fernet-fields in what its users learned the hard way:
`bulk_update` must pass its SQL expression through (the package would encrypt the
expression's text, plaintext secrets included), and a dump must not carry plaintext.
"""

from __future__ import annotations

from typing import Any

import orjson
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from fernet_fields.fields import EncryptedField
from psycopg.types.json import Jsonb

from connectors.sdk.values import dump


class _Encrypted(EncryptedField):  # type: ignore[misc]
    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if hasattr(value, "as_sql"):
            return value
        return super().get_db_prep_save(value, connection)

    def value_to_string(self, obj: models.Model) -> str:
        raise ImproperlyConfigured(
            f"{self.model.__name__}.{self.name} holds secrets and is not exported; "
            "use --exclude for this model."
        )


class EncryptedTextField(_Encrypted, models.TextField):  # type: ignore[type-arg]
    """Text, encrypted at rest."""


class EncryptedJSONField(_Encrypted, models.TextField):  # type: ignore[type-arg]
    """A JSON value, encrypted whole: not even its keys can be read at rest."""

    def to_python(self, value: Any) -> Any:
        return orjson.loads(value) if isinstance(value, str) and value else value

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else dump(value).decode()


class JsonField(models.JSONField):
    """JSON of field values: Decimals and dates as text, keys sorted, orjson's speed."""

    def from_db_value(
        self, value: Any, _expression: Any, _connection: BaseDatabaseWrapper
    ) -> Any:
        return orjson.loads(value) if isinstance(value, (str, bytes)) else value

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> Any:
        if value is None or hasattr(value, "as_sql"):
            return value
        text = dump(value).decode()
        if connection.vendor == "postgresql":
            return Jsonb(value, dumps=lambda _: text)
        return text
