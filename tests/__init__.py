"""What keeps every promise to the reader true."""
