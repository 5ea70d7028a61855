"""What is tested of `home`."""
