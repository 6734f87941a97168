"""Parts that several views draw alike: badges, tables with a button, problems, the confirm drawer, downloads."""
