#!/bin/sh
# Start the application.
cd "$(dirname "$0")/.." || exit 1
exec sleep 1
