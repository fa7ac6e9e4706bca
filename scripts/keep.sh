#!/bin/sh
# Runs a server for as long as somebody holds our standard input open, and removes its folder afterwards:
#   keep.sh FOLDER COMMAND [ARGUMENT …]
# So nothing is left behind, not even by a caller that was killed.
folder=$1
shift
exec 3<&0
"$@" 3<&- &
server=$!
{ cat >/dev/null; kill -QUIT "$server"; } <&3 2>/dev/null &
watcher=$!
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
rm -rf -- "$folder"
exit "$code"
