"""Understanding: what a study's numbers say about its parameters, in words with the evidence."""
