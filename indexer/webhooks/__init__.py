"""Messages to webhooks: what they say, and how they are delivered."""
