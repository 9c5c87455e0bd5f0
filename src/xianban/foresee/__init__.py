"""Anyone's file of requests in; findings and a report out."""
