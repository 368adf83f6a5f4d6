"""What can be asked about deals and their sources: nothing here stores anything unless its name says so."""
