#!/shells/busybox sh
# shellcheck shell=dash disable=SC2016 # awk programs are in single quotes on purpose
# Plays /sbin/init, and records that it was executed and with what.
{
  printf 'init'
  for word; do printf '\001%s' "$word"; done
  printf '\002'
} >>/log/calls
[ -z "$OVERLAYKIT_RUNG$OVERLAYKIT_HELPER_FAILED" ] || echo "environment left behind" >>/log/calls
