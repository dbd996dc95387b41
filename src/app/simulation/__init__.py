"""A simulated stretch of years: random invoices, payments, objections, stops, outages and bankruptcies around the real engine, and a
witness who holds every letter and every handover against the statute's own words. Pure; starts from nothing but a seed. May not be used by
anything but the command line and its tests; talks to dunning's decisions alone.
"""
