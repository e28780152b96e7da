"""What the demo's company sells: six product lines, with list prices in dollars."""

from dataclasses import dataclass

_LINES = {
    "Fasteners": """
        Hex bolt M8 × 40, box of 100 | 24.90
        Hex bolt M12 × 60, box of 50 | 38.50
        Socket screw M6 × 20, box of 200 | 31.20
        Structural bolt A325 3/4 in, box of 25 | 74.00
        Nylon lock nut M10, box of 250 | 27.40
        Flat washer 1/2 in, box of 500 | 18.75
        Self-drilling screw #12, box of 500 | 42.60
        Wedge anchor 3/8 × 3 in, box of 50 | 33.80
        Sleeve anchor 1/2 × 4 in, box of 25 | 36.10
        Threaded rod 3/8 in × 6 ft, bundle of 10 | 58.00
        Rivet nut M6, box of 100 | 29.95
        Blind rivet 3/16 in, box of 500 | 34.40
        Stainless assortment, 1,200 pieces | 189.00
        Bulk fastener cabinet, 40 drawers | 642.00""",
    "Abrasives": """
        Cut-off wheel 4-1/2 in, box of 25 | 46.00
        Grinding wheel 5 in, box of 10 | 39.50
        Flap disc 60 grit, box of 10 | 54.80
        Flap disc 120 grit, box of 10 | 56.20
        Fiber disc 7 in, box of 25 | 61.00
        Sanding belt 3 × 21 in, box of 10 | 28.30
        Hook-and-loop disc 6 in, box of 50 | 33.75
        Wire cup brush 3 in | 14.60
        Diamond blade 14 in, segmented | 118.00
        Diamond core bit 4 in | 164.00
        Surface conditioning kit | 92.00
        Bench grinder wheel 8 in | 31.90
        Abrasive starter pallet | 1280.00""",
    "Power Tools": """
        Cordless drill driver 20 V, kit | 219.00
        Cordless impact wrench 1/2 in, kit | 329.00
        Rotary hammer SDS-Plus | 289.00
        Angle grinder 5 in, paddle switch | 134.00
        Band saw, portable | 359.00
        Reciprocating saw 20 V | 199.00
        Magnetic drill 1-5/8 in | 1149.00
        Metal-cutting saw 14 in | 489.00
        Cordless grease gun 20 V | 269.00
        Jobsite lighting tower | 749.00
        Battery 20 V 6 Ah, twin pack | 158.00
        Rapid charger, six bays | 245.00
        Core drill rig with stand | 2190.00""",
    "Hand Tools": """
        Combination wrench set, 22 pieces | 148.00
        Torque wrench 1/2 in, 250 ft-lb | 176.00
        Socket set 3/8 in drive, 64 pieces | 129.00
        Pipe wrench 18 in | 47.50
        Pry bar set, 4 pieces | 62.00
        Tap and die set, 40 pieces | 94.00
        Dead-blow hammer 3 lb | 36.20
        Precision caliper 6 in, digital | 88.00
        Bolt cutter 30 in | 71.40
        Tool chest, 11 drawers | 689.00
        Insulated electrician set, VDE | 238.00
        Hydraulic puller, 10 ton | 312.00
        Bearing installation kit | 418.00""",
    "Safety": """
        Safety glasses, clear, box of 12 | 41.00
        Cut-resistant gloves A4, 12 pairs | 78.00
        Nitrile gloves, case of 1,000 | 96.50
        Hard hat, vented, box of 6 | 102.00
        High-visibility vest, box of 10 | 84.00
        Half-mask respirator, box of 4 | 118.00
        Particulate filters P100, 20 pairs | 139.00
        Earplugs with cord, 200 pairs | 52.00
        Full-body harness | 164.00
        Self-retracting lifeline 30 ft | 428.00
        Lockout station, 10 padlocks | 214.00
        Eyewash station, portable | 268.00
        Gas detector, four gases | 712.00""",
    "Lubricants": """
        Hydraulic oil ISO 46, 5 gal | 88.00
        Gear oil ISO 220, 5 gal | 112.00
        Lithium grease, 40 cartridges | 174.00
        Food-grade grease, 10 cartridges | 96.00
        Cutting oil, 5 gal | 104.00
        Penetrating oil, 12 cans | 82.00
        Chain lubricant, 12 cans | 91.00
        Anti-seize compound, 12 tubes | 138.00
        Compressor oil, 55 gal drum | 940.00
        Hydraulic oil ISO 46, 55 gal drum | 820.00
        Silicone spray, food grade, 12 cans | 99.00
        Spill kit, 20 gal | 158.00""",
    "Sealing": """
        O-ring assortment, 407 pieces | 46.00
        Gasket sheet, non-asbestos, 5 × 5 ft | 128.00
        Thread sealant, 12 bottles | 114.00
        PTFE tape, box of 50 | 39.00
        Silicone sealant, 24 tubes | 168.00
        Mechanical seal 1-1/4 in | 184.00
        Pump packing, 5 lb spool | 152.00
        Hydraulic hose repair kit | 236.00
        Polyurethane sealant, 20 sausages | 196.00""",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A product; `price` in cents."""

    sku: str
    name: str
    line: str
    price: int


def catalog() -> list[Item]:
    return [
        _item(line, number, row)
        for line, rows in _LINES.items()
        for number, row in enumerate(rows.strip().splitlines(), start=1)
    ]


def _item(line: str, number: int, row: str) -> Item:
    name, price = row.strip().split(" | ")
    return Item(f"{line[:3].upper()}-{100 + number}", name, line, round(float(price) * 100))
