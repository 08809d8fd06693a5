"""What goes over HTTP. These are not the queue's messages: each may change without the other."""
