"""`make route-files`: generate the files of the charts that follow from the model and the rules."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from platform_routes import cors
from platform_routes.kong import (
    CLOSED_PRIORITY,
    ENCODED_SLASH_PRIORITY,
    EVERY_METHOD,
    EXACT_PRIORITY,
    PREFIX_PRIORITY,
)
from platform_routes.model import DEFAULT_KEYED_METHODS, Idempotency, PluginSetting
from platform_routes.paths import CLOSED_PATHS, INTERNAL_PATHS, PATTERN
from platform_routes.platform import IDENTITY_HEADERS
from platform_routes.table import DURATIONS, PLATFORM_SERVICES, Row
from platform_routes.verify import RESPONSE_HEADERS

CHART = Path("charts/member-platform")
CRDS_CHART = Path("charts/member-platform-crds")

Schema = dict[str, Any]

_DURATION = "^([0-9]+h)?([0-9]+m)?([0-9]+s)?$"
_IN_BOUNDS = '(duration(self) >= duration("1s") && duration(self) <= duration("168h"))'


def generated(checkout: Path) -> dict[Path, str]:
    """Return the texts of the generated files, by their paths in the checkout."""
    schema = json.loads((checkout / CHART / "values.schema.json").read_text(encoding="utf-8"))
    schema["$defs"]["route"] = row_schema()
    return {
        CHART / "values.schema.json": _text(schema),
        CHART / "files" / "routes.json": _text(chart_data()),
        CRDS_CHART / "files" / "idempotency.json": _text(idempotency_schema()),
    }


def chart_data() -> dict[str, Any]:
    """Return the rules for the chart's templates."""
    never = "|".join(path.replace(".", r"\.") for path in (*CLOSED_PATHS, *INTERNAL_PATHS))
    return {
        "closedPaths": CLOSED_PATHS,
        "closedPattern": f"^({never})(/|$)",
        "everyMethod": EVERY_METHOD,
        "defaultKeyedMethods": DEFAULT_KEYED_METHODS,
        "corsAllowedHeaders": cors.ALLOWED_HEADERS,
        "corsExposedHeaders": cors.EXPOSED_HEADERS,
        "identityHeaders": IDENTITY_HEADERS,
        "verifyResponseHeaders": RESPONSE_HEADERS,
        "kongPriorities": {
            "prefix": PREFIX_PRIORITY,
            "exact": EXACT_PRIORITY,
            "closed": CLOSED_PRIORITY,
            "encodedSlash": ENCODED_SLASH_PRIORITY,
        },
        "pluginSettings": plugin_settings(),
    }


def plugin_settings() -> list[dict[str, Any]]:
    """Return how attributes of `idempotency` become settings of the plugin; without a default they may be absent."""
    found = []
    for info in Idempotency.model_fields.values():
        for setting in info.metadata:
            # templates cannot parse durations, so rows have none
            if isinstance(setting, PluginSetting) and not setting.is_duration:
                entry: dict[str, Any] = {"attribute": info.alias, "setting": setting.name}
                if info.default is not None and info.default != ():
                    entry["default"] = info.default
                if setting.values:
                    entry["values"] = dict(setting.values)
                found.append(entry)
    return found


def row_schema() -> Schema:
    """Return the JSON schema of a row in values."""
    schema: Schema = _plain(Row.model_json_schema(by_alias=True))
    properties = schema["properties"]
    properties["service"] = {"enum": sorted(PLATFORM_SERVICES)}
    properties["methods"]["uniqueItems"] = properties["roles"]["uniqueItems"] = True
    path = properties["paths"]["items"]
    path["properties"]["path"]["pattern"] = PATTERN
    # templates distinguish the two
    path["required"] = ["path", "type"]
    path["properties"]["type"].pop("default")
    for name in DURATIONS:
        properties["idempotency"]["properties"].pop(name)
    for name in ("methods", "scopeCookies"):
        properties["idempotency"]["properties"][name]["uniqueItems"] = True
    without: Schema = _without(schema, "default")
    return without


def idempotency_schema() -> Schema:
    """Return the schema of `idempotency` in a ProtectedRoute."""
    schema = _plain(Idempotency.model_json_schema(by_alias=True))
    for name in DURATIONS:
        schema["properties"][name] |= {
            "minLength": 2,
            "maxLength": 32,
            "x-kubernetes-validations": [
                {"rule": f"self.matches('{_DURATION}')", "message": "must be a duration such as 720h, 10m or 1h30m"},
                {"rule": f"!self.matches('{_DURATION}') || {_IN_BOUNDS}", "message": "must be between 1s and 168h"},
            ],
        }
    for attribute in schema["properties"].values():
        if attribute["type"] == "integer":
            attribute["format"] = "int32"
        if attribute["type"] == "array":
            attribute["x-kubernetes-list-type"] = "set"
            attribute.pop("default", None)
    # the API server prunes or refuses unknown fields itself
    return {"type": "object", "properties": schema["properties"]}


def _plain(schema: Any, definitions: Schema | None = None) -> Any:
    """Return a schema without titles, references, and `null` for absent attributes."""
    if isinstance(schema, list):
        return [_plain(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    definitions = definitions or schema.get("$defs", {})
    if "$ref" in schema:
        schema = {**definitions[schema["$ref"].rpartition("/")[2]], **{k: v for k, v in schema.items() if k != "$ref"}}
    if "anyOf" in schema:
        (present,) = [item for item in schema["anyOf"] if item != {"type": "null"}]
        schema = {**present, **{k: v for k, v in schema.items() if k != "anyOf"}}
    result = {}
    for key, value in schema.items():
        if key == "properties":
            result[key] = {name: _plain(inner, definitions) for name, inner in value.items()}
        elif (
            key in {"title", "$defs"}
            or (key == "default" and value is None)
            or (key == "description" and schema.get("type") == "object")
        ):
            continue
        else:
            result[key] = _plain(value, definitions)
    return result


def _without(schema: Any, key: str) -> Any:
    if isinstance(schema, list):
        return [_without(item, key) for item in schema]
    if isinstance(schema, dict):
        return {name: _without(value, key) for name, value in schema.items() if name != key}
    return schema


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the files of the checkout in the current folder."""
    checkout = Path.cwd()
    for path, text in generated(checkout).items():
        (checkout / path).parent.mkdir(exist_ok=True)
        (checkout / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
