"""The pages: Flask blueprints, forms, error pages. A view parses, calls one use case and answers; nothing here knows SQL or HTTP."""
