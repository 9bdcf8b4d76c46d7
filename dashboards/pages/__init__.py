"""One module a page: PAGE, layout(view), register(app, view)."""
