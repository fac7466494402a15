"""Pictures of events of the demo: whatever file is asked for, a landscape in the colours of its name."""

from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageDraw

from social.sandbox.wire import Answer


def picture(name: str) -> Answer:
    """A picture, the same for the same name."""
    dice = sha256(name.encode()).digest()
    sky, ground = (140 + dice[0] // 3, 150 + dice[1] // 3, 230), (30 + dice[2] // 4, 90 + dice[3] // 3, 50)
    image = Image.new("RGB", (1200, 800), sky)
    draw = ImageDraw.Draw(image)
    top = 380 + dice[4] // 2
    draw.ellipse((-500, top, 1700, 2000), fill=ground)
    pole = 300 + 2 * dice[5]
    draw.line((pole, top + 90, pole, top - 230), fill=(250, 250, 250), width=8)
    draw.polygon([(pole, top - 230), (pole + 120, top - 185), (pole, top - 140)], fill=(200, 60, 50))
    buffer = BytesIO()
    image.save(buffer, "JPEG")
    return Answer(buffer.getvalue(), content_type="image/jpeg")
