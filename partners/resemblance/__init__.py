"""Whether two companies may be the same one: what their names, web domains and tax numbers say."""
