"""The method looks at the number itself."""

from fastapi import HTTPException


class Number(BaseModel):
    """The body of a request."""

    value: float
    digits: int = Field(default=3, le=10)  # to which the root is rounded


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
@serve.ingress(api)
class Roots:
    """Computes square roots."""

    @api.post("/root")
    def root(self, number: Number):
        """Return the square root of the number, rounded."""
        if number.value < 0:
            raise HTTPException(422, "a negative number has no root")
        return {"root": round(math.sqrt(number.value), number.digits)}
