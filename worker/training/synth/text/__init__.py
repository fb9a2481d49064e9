"""What is written in a scene: the fonts, the words, and blocks of lines set in them."""
