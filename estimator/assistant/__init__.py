"""What assistants are helped by: a server of the Model Context Protocol, and a skill."""
