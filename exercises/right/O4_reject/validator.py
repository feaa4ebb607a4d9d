"""A function of our own decides."""

from pydantic import BaseModel, Field, field_validator


class Number(BaseModel):
    """The body of a request."""

    value: float
    digits: int = Field(default=3, le=10)  # to which the root is rounded

    @field_validator("value")
    @classmethod
    def not_negative(cls, value):
        if value < 0:
            raise ValueError("a negative number has no root")
        return value
