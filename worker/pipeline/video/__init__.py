"""From a file to frames with times: what is opened, decoded, turned, and known to be missing."""
