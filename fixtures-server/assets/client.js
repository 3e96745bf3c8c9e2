// Placeholder of the client app.
