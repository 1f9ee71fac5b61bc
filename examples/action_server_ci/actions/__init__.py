"""The actions of the parcel bot; rasa-sdk finds every class in this package."""
