"""What reads a crop: Tesseract as a program or a library, RapidOCR, and which of them is used."""
