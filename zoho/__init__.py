"""All that knows Zoho: tokens, scopes, organizations, clients, fields, tools. No Flask, no HTML."""
