"""Find the page from which a form was sent, and carry out each form only once, however often it is sent."""
