"""Find the leads of deals, for new deals and again for stored ones, and explain why a deal has its lead."""
