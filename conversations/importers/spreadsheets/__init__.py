"""Tables of messages: CSV, TSV and XLSX, with a map that says which column is what."""

from conversations.importers.spreadsheets.importer import TableImporter

__all__ = ["TableImporter"]
