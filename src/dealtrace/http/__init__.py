"""The way in and out that every HTTP edge shares: how requests are read, who is let in, how answers leave."""
