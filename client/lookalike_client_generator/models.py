"""models.py, by datamodel-code-generator."""

import json
import tempfile
from pathlib import Path
from typing import Any

from datamodel_code_generator import InputFileType, LiteralType, PythonVersion
from datamodel_code_generator import generate as generate_models
from datamodel_code_generator.enums import DataModelType
from datamodel_code_generator.format import Formatter

#: What the server checks. A client that checked it too would refuse what a newer server takes.
_CHECKED_BY_THE_SERVER = {
    *("maxLength", "minLength", "pattern", "minItems", "maxItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}
_UNUSED = {"example", "examples", "title"}


def models_module(document: dict[str, Any]) -> str:
    """The source of models.py, without its docstring."""
    schemas = {
        name: _simplified(schema)
        for name, schema in document["components"]["schemas"].items()
        if not name.startswith("Body_")
    }
    kept = {**document, "paths": {}, "components": {"schemas": schemas}}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "models.py")
        generate_models(
            json.dumps(kept),
            input_file_type=InputFileType.OpenAPI,
            output=output,
            output_model_type=DataModelType.PydanticV2BaseModel,
            base_class="lookalike_client.model.Model",
            target_python_version=PythonVersion.PY_311,
            enum_field_as_literal=LiteralType.All,
            use_schema_description=True,
            use_one_literal_as_default=True,
            use_annotated=True,
            field_constraints=True,
            strict_nullable=True,
            disable_timestamp=True,
            custom_file_header=" ",
            formatters=[Formatter.BUILTIN],
        )
        return output.read_text().lstrip()


def _simplified(node: Any, *, names: bool = False) -> Any:
    """A schema without what a client does not check; `names`: the keys are fields, not keywords."""
    if isinstance(node, list):
        return [_simplified(part) for part in node]
    if not isinstance(node, dict):
        return node
    dropped = set() if names else _UNUSED | _CHECKED_BY_THE_SERVER
    if not names and node.get("format") == "password":
        # A SecretStr would be sent as asterisks.
        dropped = dropped | {"format"}
    if not names and "$ref" in node:
        # It would be the default of another type: a mapping.
        dropped = dropped | {"default"}
    return {
        key: _simplified(value, names=not names and key in ("properties", "$defs", "mapping"))
        for key, value in node.items()
        if key not in dropped
    }
