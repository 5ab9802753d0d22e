"""Members of JSON objects with their types checked; `where` names the object in messages."""
from __future__ import annotations

import json
from typing import Any

from .errors import Failed

_REQUIRED = object()


def _shown(value: Any) -> str:
    return json.dumps(value, default=str)[:60]


def _get(data: dict, key: str, where: str, default: Any) -> Any:
    if not isinstance(data, dict):
        raise Failed(f"{where} must be an object, not {_shown(data)}")
    if key not in data:
        if default is _REQUIRED:
            raise Failed(f"{where} needs the member '{key}'")
        return default
    return data[key]


def get_string(data: dict, key: str, where: str, default: Any = _REQUIRED) -> str:
    value = _get(data, key, where, default)
    if value is not default and not isinstance(value, str):
        raise Failed(f"{where}: '{key}' must be a string, not {_shown(value)}")
    return value


def get_integer(data: dict, key: str, where: str, least: int = 0, most: int = 2**63 - 1, default: Any = _REQUIRED) -> int:
    value = _get(data, key, where, default)
    if value is default:
        return value
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Failed(f"{where}: '{key}' must be an integer from {least} to {most}, not {_shown(value)}")
    return value


def get_number(data: dict, key: str, where: str, default: Any = _REQUIRED) -> float:
    value = _get(data, key, where, default)
    if value is default:
        return value
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Failed(f"{where}: '{key}' must be a number, not {_shown(value)}")
    return float(value)


def get_boolean(data: dict, key: str, where: str, default: Any = _REQUIRED) -> bool:
    value = _get(data, key, where, default)
    if value is not default and not isinstance(value, bool):
        raise Failed(f"{where}: '{key}' must be true or false, not {_shown(value)}")
    return value


def get_object(data: dict, key: str, where: str, default: Any = _REQUIRED) -> dict:
    value = _get(data, key, where, default)
    if value is not default and not isinstance(value, dict):
        raise Failed(f"{where}: '{key}' must be an object, not {_shown(value)}")
    return value


def get_list(data: dict, key: str, where: str, of: type, default: Any = _REQUIRED) -> list:
    value = _get(data, key, where, default)
    if value is default:
        return value
    if not isinstance(value, list) or not all(isinstance(v, of) and not (of is int and isinstance(v, bool)) for v in value):
        raise Failed(f"{where}: '{key}' must be a list of {of.__name__}, not {_shown(value)}")
    return value


def get_shape(data: dict, key: str, where: str, length: int | None = None, least: int = 0) -> tuple[int, ...]:
    value = get_list(data, key, where, int)
    if (length is not None and len(value) != length) or any(v < least for v in value):
        raise Failed(f"{where}: '{key}' must be {length or 'some'} integers from {least} on, not {_shown(value)}")
    return tuple(value)
