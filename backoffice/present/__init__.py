"""What is shown, computed apart from how it is drawn: answers of the API become words, colours and rows. Pure throughout."""
