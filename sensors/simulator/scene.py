"""What a simulated camera sees: a street at night or on a grey day, water as deep as at the site it watches, rain as it
falls, and the burnt-in name and clock. Drawn with Pillow; everything that does not move is drawn once."""

import functools
import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from sensors.simulator.storm import LOCAL

SIZE = (640, 360)
HORIZON = 150
"""Where the street meets the sky, in pixels from the top."""
STREAKS_MOST = 160
DEEPEST_CM = 100.0
FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
)


@dataclass(frozen=True, slots=True)
class Light:
    sky_top: tuple[int, int, int]
    sky_low: tuple[int, int, int]
    wall: tuple[int, int, int]
    window: tuple[int, int, int]
    road: tuple[int, int, int]
    water: tuple[int, int, int]
    streak: tuple[int, int, int]


NIGHT = Light(
    (12, 16, 28), (44, 42, 52), (22, 24, 32), (214, 176, 96), (46, 48, 54), (58, 62, 62), (150, 158, 172)
)
DAY = Light(
    (112, 120, 130),
    (168, 172, 174),
    (96, 98, 102),
    (70, 80, 92),
    (104, 106, 108),
    (122, 112, 92),
    (214, 220, 226),
)


@functools.cache
def font(pixels: int) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, bool]:
    """(a font, whether it has Chinese)."""
    for path in FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, pixels), True
    return ImageFont.load_default(pixels), False


def is_night(at: datetime) -> bool:
    return not 6 <= at.astimezone(LOCAL).hour < 19


class Scene:
    """The view of one camera; ``code`` seeds the street, ``name`` stands in the picture where a Chinese font exists."""

    def __init__(self, code: str, name: str) -> None:
        self.code, self.name = code, name
        self._still: dict[bool, Image.Image] = {}

    def draw(
        self, at: datetime, depth_cm: float, rain_mm_h: float, tick: int, wrong: str = ""
    ) -> Image.Image:
        """The picture at ``at`` (hall time); ``tick`` moves the rain and the sensor's noise.

        ``wrong``: "blurred" for a lens out of focus, "moved" for a camera that was pushed. The burnt-in words stay as they are.
        """
        night = is_night(at)
        if night not in self._still:
            self._still[night] = _street(self.code, NIGHT if night else DAY)
        picture, light = self._still[night].copy(), NIGHT if night else DAY
        pen, dice = ImageDraw.Draw(picture), random.Random(f"{self.code} {tick}")
        _flood(picture, pen, light, depth_cm, dice)
        for _ in range(min(STREAKS_MOST, int(rain_mm_h * 1.6) + (3 if rain_mm_h > 0.2 else 0))):
            x, y, long = dice.randrange(-20, SIZE[0]), dice.randrange(-20, SIZE[1]), dice.randrange(8, 26)
            pen.line((x, y, x + long // 4, y + long), fill=light.streak, width=1)
        dice = random.Random(f"{self.code} {tick} noise")
        for _ in range(40):  # a working sensor is never without noise
            x, y = dice.randrange(SIZE[0]), dice.randrange(SIZE[1])
            grey = dice.randrange(60, 130)
            pen.point((x, y), fill=(grey, grey, grey))
        if wrong == "blurred":
            picture = picture.filter(ImageFilter.GaussianBlur(4))
        elif wrong == "moved":
            picture = ImageChops.offset(picture, 90, 24)
        self._words(ImageDraw.Draw(picture), at)
        return picture

    def black(self, tick: int) -> Image.Image:
        """A covered or dead lens: noise close to black."""
        dice = random.Random(f"{self.code} {tick}")
        picture = Image.new("RGB", SIZE, (3, 3, 4))
        pen = ImageDraw.Draw(picture)
        for _ in range(60):
            pen.point((dice.randrange(SIZE[0]), dice.randrange(SIZE[1])), fill=(7, 7, 8))
        return picture

    def _words(self, pen: ImageDraw.ImageDraw, at: datetime) -> None:
        text, chinese = font(18)
        name = f"{self.name} {self.code}" if chinese and self.name else self.code
        clock = at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S")
        for words, place in ((clock, (12, 8)), (name, (12, SIZE[1] - 30))):
            pen.text((place[0] + 1, place[1] + 1), words, font=text, fill=(0, 0, 0))
            pen.text(place, words, font=text, fill=(240, 240, 240))


def _street(code: str, light: Light) -> Image.Image:
    """Sky, houses, road with kerbs and lamps, and a depth post with a mark every 20 cm."""
    dice = random.Random(code)
    width, height = SIZE
    picture = Image.new("RGB", SIZE)
    pen = ImageDraw.Draw(picture)
    for y in range(HORIZON):
        share = y / HORIZON
        shade = [round(a + (b - a) * share) for a, b in zip(light.sky_top, light.sky_low, strict=True)]
        pen.line((0, y, width, y), fill=tuple(shade))
    pen.rectangle((0, HORIZON, width, height), fill=tuple(round(c * 0.8) for c in light.road))
    x = -10
    while x < width:
        wide, tall = dice.randrange(40, 110), dice.randrange(30, 105)
        pen.rectangle((x, HORIZON - tall, x + wide, HORIZON + 12), fill=light.wall)
        for wx in range(x + 6, x + wide - 8, 13):
            for wy in range(HORIZON - tall + 7, HORIZON - 6, 15):
                if dice.random() < 0.4:
                    pen.rectangle((wx, wy, wx + 5, wy + 7), fill=light.window)
        x += wide + dice.randrange(0, 14)
    vanish = width // 2 + dice.randrange(-90, 90)
    pen.polygon(
        [(vanish - 26, HORIZON + 8), (vanish + 26, HORIZON + 8), (width + 130, height), (-130, height)],
        fill=light.road,
    )
    for n in range(6):
        y0, y1 = HORIZON + 14 + n * n * 6, HORIZON + 20 + n * n * 6 + n * 5
        half = 1 + n
        x0 = vanish + (width // 2 - vanish) * (y0 - HORIZON) / (height - HORIZON)
        pen.polygon(
            [(x0 - half, y0), (x0 + half, y0), (x0 + half + 1, y1), (x0 - half - 1, y1)], fill=(196, 190, 168)
        )
    lamp = NIGHT is light
    for side in (-1, 1):
        for n in range(1, 4):
            lx, ly = vanish + side * (50 + 75 * n), HORIZON - 22 - 22 * n
            pen.line((lx, ly, lx, HORIZON + 12 + 18 * n), fill=(70, 72, 76), width=1 + n // 2)
            pen.ellipse(
                (lx - 3 - n, ly - 2 - n, lx + 3 + n, ly + 2 + n),
                fill=(255, 224, 160) if lamp else (150, 150, 150),
            )
    px, foot = 470, 318
    for n in range(6):
        top = foot - (n + 1) * 20
        pen.rectangle((px, top, px + 9, top + 20), fill=(226, 226, 220) if n % 2 else (196, 48, 44))
    return picture


def _flood(
    picture: Image.Image, pen: ImageDraw.ImageDraw, light: Light, depth_cm: float, dice: random.Random
) -> None:
    """The water's edge climbs the picture, 20 pixels of the post for 20 cm, and the lamps shimmer in it."""
    if depth_cm < 1:
        return
    share = min(depth_cm, DEEPEST_CM) / DEEPEST_CM
    edge = round(318 - share * 100)
    spread = round(40 + share * 100)
    water = Image.new("RGB", (SIZE[0], SIZE[1] - edge), light.water)
    mask = Image.new("L", water.size, 0)
    shape = ImageDraw.Draw(mask)
    shape.ellipse((-spread * 3, 0, SIZE[0] + spread * 3, (SIZE[1] - edge) * 2), fill=185)
    picture.paste(water, (0, edge), mask)
    for _ in range(int(12 + 50 * share)):
        y = dice.randrange(edge + 8, SIZE[1])
        x, wide = dice.randrange(0, SIZE[0]), dice.randrange(6, 40)
        pen.line((x, y, x + wide, y), fill=tuple(min(255, c + 38) for c in light.water), width=1)
