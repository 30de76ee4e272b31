"""Knobs of a stand-in: a dataclass that can be read and changed by name."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Union, get_args, get_origin, get_type_hints


class ConfigError(ValueError):
    """A knob that does not exist, or a value of the wrong type."""


@dataclass
class Config:
    """The knobs every stand-in has; a system adds its own by subclassing."""

    latency_ms: float = 0.0
    """Time every vendor request waits before it is handled."""
    log_size: int = 5000
    """Requests remembered; older ones fall out."""
    log_bodies: bool = False
    """Whether the log keeps the text of requests and answers."""

    def patch(self, values: Mapping[str, Any]) -> None:
        """Set knobs by name, all or none. ConfigError names what is wrong."""
        hints = get_type_hints(type(self))
        known = {field.name for field in fields(self)}
        checked = {}
        for name, value in values.items():
            if name not in known:
                message = f"there is no setting {name!r}"
                raise ConfigError(message)
            checked[name] = _checked(name, value, hints[name])
        for name, value in checked.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """Every knob and its present value."""
        return asdict(self)


def _checked(name: str, value: Any, hint: Any) -> Any:
    for option in _options(hint):
        if option is float and type(value) is int:
            return float(value)
        if option is type(None) and value is None:
            return value
        if type(value) is (get_origin(option) or option):
            return value
    message = f"{name} must be {_readable(hint)}, not {value!r}"
    raise ConfigError(message)


def _options(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) in {Union, types.UnionType}:
        return get_args(hint)
    return (hint,)


def _readable(hint: Any) -> str:
    return " or ".join(getattr(one, "__name__", str(one)) for one in _options(hint))
