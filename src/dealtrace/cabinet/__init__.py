"""The cabinet: the web pages on which people read reports, look at deals and leads, and change settings.

A folder has the pages of one subject. What pages of several subjects need is a module beside the folders; so folders
import each other in one direction only.
"""
