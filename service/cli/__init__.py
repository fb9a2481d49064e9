"""The forgesyte command: what operators, developers and clients type."""
