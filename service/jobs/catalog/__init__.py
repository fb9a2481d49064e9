"""All jobs there are, as those see them who look at many: pages, details, removal, search."""
