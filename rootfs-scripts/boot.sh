# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # state.sh names the variables, the generated part sets the plan's
# The boot as a whole: what is said, what is tried, what happens when it fails.
#
# overlay_init is made of these functions; the generated part above them holds only data and calls. Everything here runs
# as PID 1 on a read-only root with nothing mounted yet. Two rules follow: nothing may end the shell (a failed `exec` and
# a failed redirection of a special builtin do, and the kernel panics), and nothing is redirected to a file that may not
# exist yet, /dev/null included.
#
# "applets:" names the programs that a function calls; `ovl check` and `ovl image` compare them with what the board has.

# say LEVEL TEXT: one line for people, in the kernel log, on the console and in /run/overlaykit/log. Levels are the
# kernel's: 3 error (shown even with `quiet`), 4 warning, 6 information. One write is one record; /dev/kmsg drops records
# when more than ten come within five seconds, so lines are few and long.
# every boot
say() {
  if [ -c /dev/kmsg ]; then
    echo "<$1>overlaykit: $2" >/dev/kmsg
  else
    echo "overlaykit: $2"
  fi
  [ -z "$ovl_run" ] || echo "$2" >>"$ovl_run/log"
}

# late FUNCTION WORD...: calls a function that stands behind the boot. A shell reads its script as far as it has executed it, so
# a boot without trouble never pays for what only trouble needs.
# every boot
late() {
  [ "$ovl_late" = 'done' ] || read_on "$1" || return 1
  "$@"
}

# read_on FUNCTION: reads what stands behind the boot, FUNCTION among it. `.` of a file that is not there would end the shell.
# every boot
read_on() {
  ovl_script=$self
  # In the merged root the script of the same name may be another one.
  [ ! -f "$old_root$self" ] || ovl_script=$old_root$self
  if [ ! -r "$ovl_script" ] || ! is_this_script "$ovl_script"; then
    say 3 "$1 cannot be called: it is not in $ovl_script"
    ovl_hint=': overlay_init could not read the rest of itself'
    return 1
  fi
  ovl_late=reading
  # shellcheck disable=SC1090 # the script itself
  . "$ovl_script"
  ovl_late='done'
}

# is_this_script FILE: whether its head names this very plan. Whoever gives overlay_init another name and puts a script of
# their own in its place would have that one read instead, and the boot would begin again without end.
# every boot
is_this_script() {
  while read -r ovl_head; do
    case $ovl_head in
      "# Plan $plan_digest") return 0 ;;
      '#'*) ;;
      *) return 1 ;;
    esac
  done <"$1"
  return 1
}

# step NUMBER LABEL COMMAND...: runs one step of the plan. On failure ovl_failed names it.
# every boot
step() {
  ovl_step="step $1, $2"
  [ ! -e /proc/uptime ] || { read -r ovl_now _ </proc/uptime && ovl_stamps="$ovl_stamps $1=$ovl_now"; }
  shift 2
  ovl_why='' ovl_hint=''
  if [ -z "$ovl_run" ]; then
    "$@" && return 0
  else
    "$@" 2>"$ovl_run/stderr" && return 0
  fi
  ovl_failed=$ovl_step$ovl_hint
  late step_failed
  return 1
}

# step_failed: adds the first words of the command that failed, and says so.
step_failed() {
  first_words
  plain_text "$ovl_why" || ovl_plain=
  ovl_failed=$ovl_step${ovl_plain:+: }$ovl_plain$ovl_hint
  say 3 "$ovl_step: failed: ${ovl_why:-no reason given}"
}

# plain_text TEXT: sets ovl_plain to the text as a JSON string can hold it. Fails where a byte of it is no printable ASCII: the kernel
# log has those.
plain_text() {
  ovl_plain=$1
  while :; do
    case $ovl_plain in
      *\"*) ovl_plain=${ovl_plain%%\"*}\'${ovl_plain#*\"} ;;
      *[!\ -~]* | *\\*) return 1 ;;
      *) return 0 ;;
    esac
  done
}

# first_words: sets ovl_why to the first line that the commands of this step have said on standard error until now.
first_words() {
  ovl_why=
  [ ! -f "$ovl_run/stderr" ] || read -r ovl_why <"$ovl_run/stderr"
}

# read_switches: what the person at the boot loader wants. Sets ovl_start and ovl_reset.
# every boot
read_switches() {
  ovl_words=' '
  [ ! -e /proc/cmdline ] || while read -r ovl_line; do
    ovl_words="$ovl_words$ovl_line "
  done </proc/cmdline
  case $ovl_words in *overlaykit=*) late obey_switches ;; esac
}

# obey_switches: there may be some. The kernel parts words at any white space (next_arg() of lib/cmdline.c), and /proc/cmdline
# has it as the boot loader wrote it, tabs and line feeds too. [!!-~] is whatever stands between words.
obey_switches() {
  case $ovl_words in *[!!-~]overlaykit=reset[!!-~]*) ovl_reset=yes ;; esac
  case $ovl_words in
    *[!!-~]overlaykit=rescue[!!-~]*) ovl_start=rescue ;;
    *[!!-~]overlaykit=off[!!-~]* | *[!!-~]overlaykit=ro[!!-~]*) ovl_start=read-only ;;
    *[!!-~]overlaykit=tmpfs[!!-~]*) ovl_start=tmpfs ;;
    *[!!-~]overlaykit=previous[!!-~]*) ovl_start=previous ;;
    *[!!-~]overlaykit=reset[!!-~]*) ;;
    *[!!-~]overlaykit=*) say 3 "unknown word overlaykit=... on the kernel command line, ignored; known: off ro tmpfs previous reset rescue" ;;
  esac
  [ -n "$ovl_start" ] || return 0
  case " $ladder " in
    *" $ovl_start "*) say 4 "the kernel command line asks for the rung $ovl_start" ;;
    *)
      say 3 "the kernel command line asks for the rung $ovl_start, but this board's ladder has only: $ladder"
      ovl_start=
      ;;
  esac
}

# begins_at RUNG: whether this rung is to be tried. The ladder begins at ovl_start where that is set.
# every boot
begins_at() {
  [ -z "$ovl_start" ] || [ "$ovl_start" = "$1" ] || return 1
  ovl_start=
  ovl_rung=$1
  ovl_depth=0
}

# gave_up: the rung could not be taken; remembers why, for the status.
# every boot
gave_up() {
  ovl_reasons="$ovl_reasons${ovl_reasons:+,}\"$ovl_rung: $ovl_failed\""
  ovl_level=3
  # What afterwards has begun must not confirm a boot that came to nothing.
  ovl_begun=${OVERLAYKIT_JOB-$ovl_begun}
  # shellcheck disable=SC2086 # there may be two
  [ -z "$ovl_begun" ] || kill $ovl_begun
  unset OVERLAYKIT_JOB
  ovl_begun=''
}

# note TEXT: something is wrong that does not cost the rung: for the kernel log, the status, and whoever logs in.
note() {
  say 3 "$1"
  plain_text "$1" || ovl_plain="a path that is not plain text is concerned; the kernel log names it"
  ovl_notes="$ovl_notes${ovl_notes:+,}\"$ovl_plain\""
}

# settle TEXT: says which rung the board runs on and why: to the kernel log, to /run/overlaykit/status.json for programs, to
# whoever logs in, and to the ledger where there is storage.
# every boot
settle() {
  set -- "$1${ovl_repaired:+; $ovl_repaired}"
  say "$ovl_level" "rung $ovl_rung: $1"
  [ -n "$ovl_run" ] || return 0
  echo "{\"board\":\"$board\",\"plan\":\"$plan_digest\",\"rung\":\"$ovl_rung\",\"generation\":\"$ovl_generation\",\"reset\":\"$ovl_reset_done\",\"release\":\"${release##*/}\",\"storage\":\"$ovl_device\",\"repaired\":\"$ovl_repaired\",\"reasons\":[$ovl_reasons],\"notes\":[$ovl_notes]}" >"$ovl_run/status.json"
  ovl_account="rung=$ovl_rung generation=${ovl_generation:--} stamps:$ovl_stamps reasons: [$ovl_reasons]${ovl_notes:+ notes: [$ovl_notes]}${ovl_repaired:+ $ovl_repaired}"
  echo "$ovl_account" >"$ovl_run/ledger"
  case $ovl_level$ovl_notes in
    [4-7]) ;;
    *) late tell_login "$1" ;;
  esac
}

# tell_login TEXT: whoever logs in sees this file.
tell_login() {
  echo "overlaykit: rung $ovl_rung: $1 [$ovl_reasons${ovl_reasons:+${ovl_notes:+,}}$ovl_notes]" >"$ovl_run/login"
}

# begin_after RUNG: lets the ladder begin with the rung below this one.
begin_after() {
  ovl_start=none
  for ovl_next in $ladder; do
    [ "$ovl_start" = next ] && ovl_start=$ovl_next && return 0
    [ "$ovl_next" = "$1" ] && ovl_start=next
  done
  ovl_start=none
}

# execute_init WORD...: replaces this shell by init. The background begins at the last moment: the kernel then goes on with
# init first, and the start of sleep costs the boot nothing.
# every boot
execute_init() {
  [ -z "$ovl_job" ] || "$ovl_job"
  ovl_begun=${OVERLAYKIT_JOB-}
  unset OVERLAYKIT_HELPER_FAILED OVERLAYKIT_RUNG OVERLAYKIT_AFTER OVERLAYKIT_REASONS OVERLAYKIT_CARRIED OVERLAYKIT_JOB \
    OVERLAYKIT_SO_FAR OVERLAYKIT_NOTES
  ovl_failed="the kernel cannot execute init"
  exec "$init" "$@"
}

# fell_out WORD...: the EXIT trap. A shell that cannot execute a program ends, and PID 1 must not: the kernel refuses an init
# whose interpreter is missing, for one. A new shell goes on, from the old root where the merged one is entered already; see
# pick_up. Builtins only: once an exec has failed, mksh cannot start programs any more.
# every boot
fell_out() {
  ovl_failed=${ovl_failed:-overlay_init ended unexpectedly}
  say 3 "rung ${ovl_rung:-none}: $ovl_failed"
  gave_up
  export OVERLAYKIT_AFTER="${ovl_rung:-none}" OVERLAYKIT_REASONS="$ovl_reasons"
  [ "$ovl_inside" = no ] || {
    export OVERLAYKIT_CARRIED="$ovl_carried"
    cd "$old_root" && exec ./bin/sh ".$self" "$@"
  }
  exec /bin/sh "$self" "$@"
}

# pick_up: what a new shell has to take up after fell_out: out of the merged root, and the rung's mounts away.
pick_up() {
  [ -z "${OVERLAYKIT_CARRIED-}" ] || {
    PATH=$old_root/usr/sbin:$old_root/usr/bin:$old_root/sbin:$old_root/bin:$PATH
    ovl_carried=$OVERLAYKIT_CARRIED
    step_out && carry_back
  }
  ovl_depth=99
  case $OVERLAYKIT_AFTER in persistent | previous | committed | tmpfs) "undo_$OVERLAYKIT_AFTER" ;; esac
}

# go_on: what the new shell has to remember, once it has read everything else.
go_on() {
  ovl_reasons=${OVERLAYKIT_REASONS-}
  ovl_level=3
  begin_after "$OVERLAYKIT_AFTER"
}

# read_only_root WORD...: init on the read-only root as it is. Returns only when there is none, or when it was tried.
read_only_root() {
  ovl_failed="there is no init on the read-only root"
  [ -x "$init" ] && [ "${OVERLAYKIT_AFTER-}" != read-only ] || return 1
  ovl_rung=read-only
  settle "the root stays read-only, nothing can be written"
  execute_init "$@"
}

# rescue WORD...: a shell for whoever stands in front of the board. Leaving it goes on to the read-only root.
# applets: sleep
rescue() {
  settle "a shell on the console; exit goes on with init on the read-only root"
  while :; do
    if [ -c /dev/console ]; then
      /bin/sh </dev/console >/dev/console 2>&1
    else
      /bin/sh
    fi
    read_only_root "$@"
    sleep 5
  done
}

# rescue_by_reboot SECONDS WORD...: for a board that nobody stands in front of: what failed now may work the next time. Who
# asks for the shell at the boot loader does stand there.
# applets: sleep sync reboot
rescue_by_reboot() {
  ovl_seconds=$1
  shift
  case ${ovl_words-} in *[!!-~]overlaykit=rescue[!!-~]*) rescue "$@" ;; esac
  settle "the board is restarted in $ovl_seconds seconds"
  sleep "$ovl_seconds"
  sync
  reboot -f
  # Not every busybox has the applet, and not every applet knows -f; the kernel does it without waiting for anything.
  echo b >/proc/sysrq-trigger
  sleep 5
  say 3 "the board cannot be restarted"
  read_only_root "$@"
  rescue "$@"
}

# last_resort WORD...: when no rung of the ladder could be taken, something is executed all the same: a board without
# init is a journey. Where there is no init either, the rescue follows.
last_resort() {
  ovl_rung=none
  say 3 "no rung of the ladder ($ladder) could be taken"
  read_only_root "$@"
  ovl_rung=rescue
}
