#!/bin/sh
# Print the program of the browser that the tests drive; fail when there is none. CHROMIUM names another.
# (`chromium-browser` is left out: on Ubuntu it is only a stub for the snap.)
set -eu
for name in "${CHROMIUM:-}" chromium google-chrome google-chrome-stable; do
    if [ -n "$name" ] && command -v "$name"; then exit; fi
done
echo "No Chromium was found: apt-get install chromium, or set CHROMIUM to one." >&2
exit 1
