"""Invented people, companies and places; and the values that break forms, tables and parsers."""

from __future__ import annotations

FIRST = (
    "Maria", "John", "Aisha", "Luca", "Sofia", "Kenji", "Élodie", "Björn", "Priya", "Omar", "Chloé", "Diego", "Hannah", "Zoë", "Mateusz",
    "Ingrid", "Tomás", "Leila", "Andrej", "Fatima",
)  # fmt: skip
LAST = (
    "García", "Smith", "Khan", "Rossi", "Novák", "Tanaka", "Dubois", "Lindqvist", "Patel", "Haddad", "Müller", "Fernández", "Weiß",
    "O'Neill", "Kowalski", "Sørensen", "Oliveira", "Rahimi", "Horvat", "Benali",
)  # fmt: skip
COMPANIES = (
    "Zylker Corp", "Alpenglow AG", "Harbour & Sons", "Café Lumière", "Northwind Mills",
    "Solaris Energía", "Blue Heron Books", "Kite Logistics", "Muster GmbH", "Oak Street Bakery", "Vega Robotics", "Lakeside Clinic",
)  # fmt: skip
PLACES = (
    ("12 Rue des Alpes", "Genève", "GE", "1201", "Switzerland"),
    ("Calle Mayor 4", "Madrid", "Madrid", "28013", "Spain"),
    ("221B Baker Street", "London", "", "NW1 6XE", "United Kingdom"),
    ("Hauptstraße 7", "Köln", "NRW", "50667", "Germany"),
    ("5 Market Square", "Raleigh", "NC", "27601", "United States"),
)
TITLES = ("Head of Purchasing", "Engineer", "Office Manager", "Owner", "Analyst", "Chief of Staff")
SENTENCES = (
    "Met at the trade show and asked for a quotation.",
    "Prefers to be called in the afternoon.",
    "Renewed last year; wants a second site.",
    "Sent the brochure, waits for the budget round.",
)
SUBJECTS = (
    "Order has not arrived", "Invoice shows the wrong address", "Cannot sign in since the update", "Question about the warranty",
    "Please change my delivery date", "The app closes by itself", "Refund for a double payment", "Where is the manual?",
)  # fmt: skip

HOSTILE = (
    "<script>alert('x')</script>",
    '"><img src=x onerror=alert(1)>',
    "<b>Bold</b> & <i>Co</i>",
    "محمد بن سلمان العربي",
    "דוד בן־גוריון",
    "👩‍👩‍👧‍👦 Family 🇨🇭 Ltd 🧀",
    "user\u202etxt.exe",  # right-to-left override
    "=cmd()|' /C calc'!A0",
    "+41 SUM(A1:A9)",
    '@import "x"; \'single\' "double" `back`',
    "first line\nsecond line",
    "tab\tand\u00a0no-break and zero\u200bwidth",
    "Pneumono" + "ultramicroscopic" * 6,
    "  leading and trailing  ",
    "null",
    "0",
    "{{ 7*7 }} ${7*7} %s %(x)s",
    "Robert'); DROP TABLE leads;--",
    "I\u0307stanbul ǅ ﬁ ẞ e\u0301",
    "a,b;c|d\\e",
)
LONG_TEXT = ("Zylker has been a customer since 1998. " * 900)[:31_990] + " The end."
RICH_TEXT = "<div><b>Agreed on the phone</b><br>" + "<p>Second delivery in spring, <i>third</i> in autumn.</p>" * 20 + "</div>"
