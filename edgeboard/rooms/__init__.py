"""Where people meet: one shared canvas with its log, its state, its people and its receipts."""
