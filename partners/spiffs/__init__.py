"""SPIFFs: a fixed amount for each unit sold, to who sold it, once somebody has looked at it."""
