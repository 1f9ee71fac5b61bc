"""Actions that call back the Rasa that runs them, as users write them."""
