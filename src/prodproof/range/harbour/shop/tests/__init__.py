"""What must stay true of the shop; each module is one part of it."""
