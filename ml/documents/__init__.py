"""Reading identity and address documents: `read_document` and what it returns."""

from ml.documents.evidence import reading_evidence
from ml.documents.marking import drawn, masked
from ml.documents.reader import DocumentReader, read_document
from ml.documents.reading import DocumentKind, DocumentReading, Field, FieldValue

__all__ = [
    "DocumentKind",
    "DocumentReader",
    "DocumentReading",
    "Field",
    "FieldValue",
    "drawn",
    "masked",
    "read_document",
    "reading_evidence",
]
