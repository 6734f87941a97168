"""The pages. They draw and hand on what was pressed; words come from `present`, facts from the API."""
