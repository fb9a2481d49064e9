"""All the jobs there are, over HTTP: pages of them, one in detail, its removal, what they found."""
