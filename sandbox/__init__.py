"""A fake Zoho: accounts server, CRM v8 and Desk v1 as one WSGI app. It imports nothing of the product.

A second witness, coded to what Zoho documents and to what its users report. It is the demo data centre of the product
and the other side of its tests. ``python -m sandbox`` serves it; ``sandbox.server.Sandbox`` is its Python door.
"""
