"""JSON Schemas: loading a profile's folder, and checking documents against it."""
