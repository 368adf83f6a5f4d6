"""Forms that people sent: from which page, and answered once however often they are sent."""
