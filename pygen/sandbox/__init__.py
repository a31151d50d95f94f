"""
A Data Modeling Service on your laptop, which real clients cannot tell from CDF.

Names are imported when they are used, so that one command does not pay for another one's packages.
"""
