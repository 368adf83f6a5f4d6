"""The cabinet: the web pages on which people read reports, look at deals and leads, and change settings.

A folder has the pages of one subject. Code that pages of several subjects need is in modules beside the folders, so
that folders import each other in one direction only.
"""
