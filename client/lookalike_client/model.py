"""The base of all models."""

from typing import Any, ClassVar, Literal, get_args, get_origin

from pydantic import BaseModel


class Model(BaseModel):
    """What a request or a reply holds.

    In a request only what was given is sent, so that the server's defaults are the server's own
    and a patch changes what it names. A field that can have one value only, such as a `kind`,
    counts as given.
    """

    _constants: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls._constants = frozenset(
            name
            for name, field in cls.model_fields.items()
            if get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1
        )

    def model_post_init(self, _: Any, /) -> None:
        """Count the fields of a single value as given."""
        self.__pydantic_fields_set__.update(self._constants)
