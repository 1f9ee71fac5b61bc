"""The actions of the venues bot."""
