"""What every program that enters something works with."""
