"""As in the lesson, where zero is no length."""


class Number(BaseModel):
    """The body of a request."""

    value: float = Field(gt=0)
    digits: int = Field(default=3, le=10)  # to which the root is rounded
