"""Lost property: a small app of an installation, added by its folder and `CRM_EXTRA_APPS=tests.sample` alone.

It proves the seam: what golfers left behind stands with the person, is found, listed, merged, copied and erased, and no
file of the product names it.
"""
