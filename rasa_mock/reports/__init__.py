"""Reports: observers of a run that write down what they see."""
