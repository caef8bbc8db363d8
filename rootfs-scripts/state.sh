# shellcheck shell=sh
# shellcheck disable=SC2034 # the other files read these
# What the boot knows so far. POSIX sh has no local variables, so they are all named here; every name starts with ovl_.

ovl_run=             # /run/overlaykit once it can be written, for the log, the status and what failing commands say
ovl_present=' '      # mount points that have something on them, each between spaces
ovl_depth=0          # how many mounts the rung that is being tried has made
ovl_rung=            # the rung that is being tried
ovl_start=           # the rung to begin with; empty for the first
ovl_failed=          # the step that failed last, for people
ovl_reasons=         # why rungs above this one could not be taken, as JSON strings
ovl_notes=           # what else is wrong, as JSON strings
ovl_level=6          # kernel log level of the final word: information, or error once a rung was given up
ovl_reset=no         # whether the kernel command line asks for a factory reset
ovl_reset_done=      # what asked for the factory reset that was done in this boot
ovl_wished=          # a button or a variable that asks for a factory reset
ovl_serve=           # functions that take such a request back once the reset is durable
ovl_device=          # the storage device, as mount wants it
ovl_storage=/overlay # where the storage is mounted, as this shell sees it
ovl_generation=      # the generation that boots
ovl_first_free=1     # the lowest number that no generation had when the board booted
ovl_trying=-         # the generation that is tried instead of the active one
ovl_previous=-       # the generation to go back to
ovl_account=         # this boot in one line, for the ledger
ovl_stamps=          # when each step began, in seconds since the kernel started
ovl_helper=no        # whether overlay_helper verifies and enters
ovl_carried=         # mounts that are in the merged root already, the last one first
ovl_inside=no        # whether / is the merged root already
