"""What scenes are made of: backgrounds, text, plates, cars, and what cameras make of them."""
