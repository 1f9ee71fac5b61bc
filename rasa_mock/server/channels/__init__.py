"""Channels: how users reach the bot.  One module each, chosen by credentials.yml."""
