"""A body whose length is unknown is read, however long it is."""


@serve.deployment(ray_actor_options={"num_cpus": 0.1})
@serve.ingress(api)
class Measure:
    """Tells how large pictures are."""

    @api.post("/")
    async def measure(self, request: Request):
        """Take the bytes of a picture, return its size, and the process of the replica."""
        if int(request.headers.get("content-length", 0)) > MAX_BYTES:
            raise HTTPException(413, "The body is too long.")
        body = await request.body()
        try:
            picture = Image.open(io.BytesIO(body), formats=["JPEG", "PNG"])
            picture.load()
        except UnidentifiedImageError as error:
            raise HTTPException(415, f"The picture cannot be used: {error}.") from None
        except Exception as error:
            raise HTTPException(400, f"The picture cannot be used: {error}.") from None
        return {"width": picture.width, "height": picture.height, "process": os.getpid()}
