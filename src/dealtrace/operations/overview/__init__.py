"""What the first page of a site shows besides figures: the present problems of the site."""
