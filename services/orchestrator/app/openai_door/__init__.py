"""The OpenAI door: tasks as responses of OpenAI's Responses API, for its official clients."""
