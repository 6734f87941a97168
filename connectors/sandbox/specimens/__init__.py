"""Specimen documents and selfies drawn for trying the product; none of them is, or imitates closely, a real document.

Every drawing carries the word SPECIMEN, no state emblem and no security feature, and shows the NASA portrait that
scikit-image ships in the public domain. What is drawn leaves this package as JPEG bytes without metadata: a reader can
learn a value only from the pixels.
"""

from connectors.sandbox.specimens.capture import FLAT, PHOTO, POOR, Capture
from connectors.sandbox.specimens.cards import aadhaar_card, pan_card, utility_bill
from connectors.sandbox.specimens.person import Person
from connectors.sandbox.specimens.portrait import selfie

__all__ = ["FLAT", "PHOTO", "POOR", "Capture", "Person", "aadhaar_card", "pan_card", "selfie", "utility_bill"]
