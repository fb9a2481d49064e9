"""The public description of the API: OpenAPI 3.1, and the page that is made of it."""
