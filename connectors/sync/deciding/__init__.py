"""Decides what is to be done with each record before anything is sent."""
