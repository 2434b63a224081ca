#!/bin/sh
# Stop the application.
exit 0
