"""Who trades with the demo's company: made-up businesses, and how each of them buys.

The first ones are the people to look at: see `loyalty.demo.stories`. None of them exists; their
domains end in .example, which nobody can own.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

REPS = {  # territory -> e-mail name of the sales rep responsible
    "Midwest": "marcus",
    "Northeast": "dana",
    "Southeast": "dana",
    "Southwest": "priya",
    "West": "priya",
}

# What a business of a type buys in a quarter (least and most) and in one order, in dollars.
SIZES = {
    "Distributor": (55_000, 260_000, 9_000),
    "Dealer": (14_000, 95_000, 4_000),
    "Reseller": (3_500, 30_000, 1_600),
}
# Growth per month. The last two stand for a business that went silent and one that came late.
TRENDS = {"steady": 1.0, "growing": 1.035, "declining": 0.955, "silent": 1.0, "new": 1.02}
TREND_CYCLE = ("steady", "growing", "steady", "declining", "growing", "steady", "new", "steady",
               "growing", "declining", "steady", "silent")  # fmt: skip

FAVORITES = {  # vertical -> the product lines it buys most
    "Metalworking": ("Abrasives", "Hand Tools", "Lubricants"),
    "Construction": ("Power Tools", "Fasteners", "Safety"),
    "Automotive": ("Hand Tools", "Lubricants", "Fasteners"),
    "Energy": ("Safety", "Fasteners", "Lubricants"),
    "Food processing": ("Safety", "Lubricants", "Sealing"),
    "Facilities": ("Power Tools", "Safety", "Sealing"),
}

_TABLE = """
Lakeshore Industrial Supply | Milwaukee | Midwest | Dealer | Metalworking
Hudson Valley Fastener | Poughkeepsie | Northeast | Dealer | Construction
Gateway Tool & Abrasive | St. Louis | Midwest | Dealer | Metalworking
Redwood Contractor Supply | Sacramento | West | Reseller | Construction
Copperline Distributing | Phoenix | Southwest | Distributor | Energy
Tidewater Marine & Industrial | Norfolk | Southeast | Dealer | Facilities
Iron Range Equipment | Duluth | Midwest | Reseller | Energy
Allegheny Mill Supply | Pittsburgh | Northeast | Distributor | Metalworking
Prairie States Tool | Des Moines | Midwest | Dealer | Automotive
Bluebonnet Bolt & Supply | Austin | Southwest | Dealer | Construction
Cascade Safety Outfitters | Portland | West | Reseller | Facilities
Harborview Maintenance Supply | Boston | Northeast | Dealer | Facilities
Magnolia Plant Services | Birmingham | Southeast | Reseller | Food processing
Great Basin Drilling Supply | Reno | West | Dealer | Energy
Motor City Shop Supply | Detroit | Midwest | Distributor | Automotive
Piedmont Industrial Group | Charlotte | Southeast | Distributor | Metalworking
Lone Mesa Oilfield Supply | Midland | Southwest | Dealer | Energy
Granite State Tool Crib | Manchester | Northeast | Reseller | Metalworking
Sunset Strip Hardware Trade | San Diego | West | Reseller | Construction
Riverbend Packaging & MRO | Louisville | Southeast | Dealer | Food processing
Quad Cities Welding Supply | Davenport | Midwest | Dealer | Metalworking
Palmetto Builders Depot | Columbia | Southeast | Reseller | Construction
Sawtooth Mining & Mill | Boise | West | Dealer | Energy
Empire Corridor Industrial | Albany | Northeast | Distributor | Facilities
Flatlands Fleet Parts | Wichita | Midwest | Reseller | Automotive
Cactus Wren Trade Supply | Tucson | Southwest | Reseller | Facilities
Chesapeake Fluid & Seal | Baltimore | Northeast | Dealer | Food processing
Peachtree Production Supply | Atlanta | Southeast | Distributor | Food processing
Mile High Rigging & Safety | Denver | West | Dealer | Construction
Buckeye Bearing & Belt | Columbus | Midwest | Dealer | Automotive
Gulfstream Shipyard Supply | Mobile | Southeast | Dealer | Energy
Pinecrest Facility Partners | Portland, ME | Northeast | Reseller | Facilities
Rio Bravo Industrial | El Paso | Southwest | Distributor | Construction
Twin Rivers Tooling | Minneapolis | Midwest | Reseller | Metalworking
Golden Gate Process Supply | Oakland | West | Distributor | Food processing
Keystone Bolt Works | Harrisburg | Northeast | Reseller | Construction
Everglade Pump & Seal | Fort Myers | Southeast | Reseller | Facilities
Sooner Field Services | Tulsa | Southwest | Dealer | Energy
Badger State Machine Supply | Green Bay | Midwest | Dealer | Food processing
Puget Sound Jobber | Tacoma | West | Dealer | Automotive
Longleaf Sawmill Supply | Jackson | Southeast | Reseller | Metalworking
Erie Canal Hardware Co-op | Buffalo | Northeast | Dealer | Construction
High Desert Electric & Tool | Albuquerque | Southwest | Reseller | Construction
Wolverine Die & Mold Supply | Grand Rapids | Midwest | Reseller | Metalworking
Salt Flat Industrial | Salt Lake City | West | Dealer | Facilities
Cumberland Coal & Conveyor | Knoxville | Southeast | Dealer | Energy
Minuteman Tool Exchange | Worcester | Northeast | Reseller | Automotive
Calumet Steel Services | Gary | Midwest | Distributor | Metalworking
Bayou City Industrial | Houston | Southwest | Distributor | Energy
Sierra Crest Outfitters | Fresno | West | Reseller | Food processing
Old Dominion Plant Supply | Richmond | Southeast | Dealer | Facilities
Narragansett Marine Trade | Providence | Northeast | Reseller | Facilities
Dakota Grain Equipment | Fargo | Midwest | Dealer | Food processing
Big Thicket Timber Supply | Beaumont | Southwest | Reseller | Metalworking
Columbia Gorge Fabrication | Vancouver, WA | West | Reseller | Metalworking
Green Mountain Machinists | Burlington | Northeast | Reseller | Metalworking
Delta Cotton & Gin Supply | Memphis | Southeast | Dealer | Automotive
Sandhills Irrigation Parts | Lincoln | Midwest | Reseller | Facilities
Saguaro Solar Contractors | Tempe | Southwest | Dealer | Construction
Klamath Forest Equipment | Medford | West | Dealer | Energy
"""

# A branch and the business it belongs to, by their place in the table.
PARENTS = {17: 7, 24: 14, 35: 7, 42: 32}
NOT_ENROLLED = {53, 57}


@dataclass(frozen=True, slots=True)
class Business:
    """It buys `quarterly` dollars a quarter, `per_order` at a time. `place` counts from 0."""

    place: int
    name: str
    city: str
    region: str
    partner_type: str
    vertical: str
    quarterly: float
    per_order: float
    trend: str

    @property
    def number(self) -> str:
        """Its customer number in the company's ERP."""
        return f"C-{10_240 + 17 * self.place}"

    @property
    def domain(self) -> str:
        words = self.name.lower().replace("&", "").replace("-", "").split()
        return "-".join(words[:2]) + ".example"

    @property
    def is_enrolled(self) -> bool:
        return self.place not in NOT_ENROLLED

    @property
    def favorites(self) -> tuple[str, ...]:
        return FAVORITES[self.vertical]


def businesses(count: int) -> list[Business]:
    """The first `count`, at most all that there are."""
    rows = [line.split(" | ") for line in _TABLE.strip().splitlines()]
    return [_business(place, row) for place, row in enumerate(rows[:count])]


def _business(place: int, row: Sequence[str]) -> Business:
    name, city, region, partner_type, vertical = row
    least, most, per_order = SIZES[partner_type]
    dice = random.Random(f"business {place}")
    return Business(
        place=place,
        name=name,
        city=city,
        region=region,
        partner_type=partner_type,
        vertical=vertical,
        quarterly=least * (most / least) ** dice.random(),
        per_order=per_order * dice.uniform(0.8, 1.3),
        trend=TREND_CYCLE[place % len(TREND_CYCLE)],
    )
