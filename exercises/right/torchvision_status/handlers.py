"""FastAPI turns the errors into answers."""

from fastapi import Request
from fastapi.responses import JSONResponse


@api.exception_handler(UnidentifiedImageError)
async def no_picture(request, error):
    return JSONResponse({"detail": "no picture"}, 415)


@api.exception_handler(OSError)
@api.exception_handler(ValueError)
async def damaged(request, error):
    return JSONResponse({"detail": str(error)}, 400)


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
@serve.ingress(api)
class Measure:
    """Tells how large pictures are."""

    @api.post("/")
    async def measure(self, request: Request):
        """Take the bytes of a picture, return its size, and the process of the replica."""
        if int(request.headers.get("content-length", 10**9)) > MAX_BYTES:
            return JSONResponse({"detail": "too long"}, 413)
        body = await request.body()
        picture = Image.open(io.BytesIO(body), formats=["JPEG", "PNG"])
        picture.load()
        return {"width": picture.width, "height": picture.height, "process": os.getpid()}
