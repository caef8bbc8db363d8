# shellcheck shell=sh
# shellcheck disable=SC2154 # state.sh names the variables
# Watching how full the memory is that a volatile upper takes.

# watch_memory COMMAND...: leaves a process behind that sleeps, and becomes overlay_helper once the boot is over. It needs
# no ending: it holds nothing open, and goes when init ends all processes.
# applets: sleep
# every boot
watch_memory() {
  [ "$ovl_helper" = yes ] && [ -z "${OVERLAYKIT_JOB-}" ] || return 0
  [ -z "$ovl_waited" ] || exec "$@"
  (
    trap - EXIT
    sleep 30
    exec "$@"
  ) &
  export OVERLAYKIT_JOB=$!
}
